// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.policy.ReferenceSet;
import dev.writ.tlog.Hash;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the demo's hosts measure as they boot: a few events, each extended into a PCR of the SHA-256
 * bank as its digest (TCG PC Client Platform Firmware Profile, 3.3.4, says which PCR holds what).
 *
 * @param events in the order in which they are measured
 */
record BootLog(List<Event> events) {
  /**
   * One measurement.
   *
   * @param pcr 0 to 23
   * @param what is measured; its digest is extended
   */
  record Event(int pcr, String what) {
    byte[] digest() {
      return Hash.sha256(what.getBytes(StandardCharsets.UTF_8)).bytes();
    }
  }

  static final BootLog DEMO =
      new BootLog(
          List.of(
              new Event(0, "firmware 1.4.2"),
              new Event(7, "SecureBoot=1"),
              new Event(7, "db: Writ demo boot loader"),
              new Event(8, "kernel 6.1.0 ro quiet"),
              new Event(8, "initrd 6.1.0")));

  /** Extends every event into a TPM. */
  void measureInto(Tpm tpm) throws TpmException {
    for (Event event : events) {
      tpm.extendPcr(event.pcr(), PcrBank.SHA256, event.digest());
    }
  }

  /** What the PCRs hold once every event was measured after a reset: the policy's expectation. */
  ReferenceSet expectedOn(String name, String description, String host) {
    Map<Integer, List<String>> pcrs = new LinkedHashMap<>();
    events.stream()
        .map(Event::pcr)
        .distinct()
        .forEach(pcr -> pcrs.put(pcr, List.of(valueOf(pcr).hex())));
    return new ReferenceSet(
        name, description, Set.of(host), Map.of(ReferenceSet.Bank.SHA256, pcrs));
  }

  /** TPM2_PCR_Extend (TPM 2.0 Part 3, 22.2): new value = H(old value ‖ digest), from zero. */
  private Hash valueOf(int pcr) {
    Hash value = Hash.of(new byte[Hash.BYTES]);
    for (Event event : events) {
      if (event.pcr() == pcr) {
        value = Hash.sha256(value.bytes(), event.digest());
      }
    }
    return value;
  }
}
