// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The PCRs whose quoted value the log explains in every quoted bank but SHA-1: of these the order
 * and the digests of the log's events are as good as signed.
 */
final class ExplainedPcrs {
  private final List<List<TpmAlg>> banks = new ArrayList<>(PcrSelection.PCRS);
  private final Map<TpmAlg, MessageDigest> hashes = new EnumMap<>(TpmAlg.class);

  ExplainedPcrs(List<PcrReplay> results) {
    for (int pcr = 0; pcr < PcrSelection.PCRS; pcr++) {
      int index = pcr;
      List<PcrReplay> of = results.stream().filter(r -> r.pcr().index() == index).toList();
      banks.add(
          of.stream().allMatch(PcrReplay::matches)
              ? of.stream().map(result -> result.pcr().bank()).toList()
              : List.of());
    }
  }

  boolean contains(int pcr) {
    return pcr >= 0 && !banks.get(pcr).isEmpty();
  }

  /** The banks by which a PCR is explained, in the quote's order; none where it is not. */
  List<TpmAlg> banks(int pcr) {
    return banks.get(pcr);
  }

  /** The PCR in each of those banks. */
  List<Pcr> anchors(int pcr) {
    return banks(pcr).stream().map(bank -> new Pcr(bank, pcr)).toList();
  }

  /** The digests of an event in those banks. */
  List<TpmDigest> digests(BootEvent event) {
    List<TpmAlg> of = banks(event.pcr());
    List<TpmDigest> digests = new ArrayList<>(of.size());
    for (TpmAlg bank : of) {
      digests.add(event.digest(bank).orElseThrow());
    }
    return digests;
  }

  /** Whether the event's digests in those banks are all of {@code length} bytes of the log. */
  boolean digestsAreOf(BootEvent event, int from, int length) {
    for (TpmAlg bank : banks(event.pcr())) {
      MessageDigest hash = hashes.computeIfAbsent(bank, TpmAlg::newDigest);
      if (!event.digestIsOf(bank, hash, from, length)) {
        return false;
      }
    }
    return true;
  }

  /** Whether the event's digests in those banks are all of {@code data}. */
  boolean digestsAreOf(BootEvent event, MeasuredData data) {
    for (TpmAlg bank : banks(event.pcr())) {
      if (!event.digestIs(bank, data.digest(bank))) {
        return false;
      }
    }
    return true;
  }
}
