// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Replays a boot log: where its events lead, and whether that is where the PCRs are.
 *
 * <p>A PCR starts at zero. PCR 0's last byte is the locality of the TPM's start (PFP, Startup Locality
 * Event); PCRs 17 to 22 start with all bits set and are zeroed by a dynamic launch (PC Client Platform
 * TPM Profile, PCR attributes), so a value from either start is explained.
 */
public final class BootLogReplay {
  private static final int FIRST_DYNAMIC = 17;
  private static final int LAST_DYNAMIC = 22;

  /** PCRs up to this one are extended by firmware alone. */
  private static final int LAST_FIRMWARE = 7;

  /** Where systemd measures the phases of the boot from userspace. */
  private static final int PHASES_PCR = 11;

  /**
   * PCRs of which other logs tell: 10 IMA's list; 16 and 23 nothing, any software resets them. They
   * are judged where the boot log has events of them.
   */
  private static final int OF_OTHER_LOGS = 1 << 10 | 1 << 16 | 1 << 23;

  /** The words that systemd-pcrphase extends, in their order, as UTF-8 without a NUL. */
  private static final List<String> PHASES =
      List.of("enter-initrd", "leave-initrd", "sysinit", "ready", "shutdown", "final");

  private BootLogReplay() {}

  /**
   * The values to which a log leads, of the PCRs that it has events of.
   *
   * @throws IllegalArgumentException if an event has no digest of {@code bank}
   */
  public static SortedMap<Integer, TpmDigest> values(BootLog log, TpmAlg bank) {
    Track[] tracks = new Track[PcrSelection.PCRS];
    MessageDigest hash = bank.newDigest();
    for (BootEvent event : log.events()) {
      if (!event.isMeasured()) {
        continue;
      }
      Track track = tracks[event.pcr()];
      if (track == null) {
        track = new Track(bank, event.pcr(), false, log.startupLocality(), null);
        tracks[event.pcr()] = track;
      }
      int at = event.digestAt(bank);
      if (at < 0) {
        throw new IllegalArgumentException(event + " has no digest of " + bank);
      }
      track.extend(hash, log.raw(), at);
    }
    SortedMap<Integer, TpmDigest> values = new TreeMap<>();
    for (int pcr = 0; pcr < tracks.length; pcr++) {
      Track track = tracks[pcr];
      if (track != null) {
        values.put(pcr, TpmDigest.of(bank, track.value));
      }
    }
    return values;
  }

  /** What a log says of each PCR of {@code values} that it is to explain, but for SHA-1's. */
  public static List<PcrReplay> compare(BootLog log, PcrValues values) {
    List<PcrReplay> results = new ArrayList<>();
    for (PcrSelection.Bank bank : values.selection().banks()) {
      if (bank.hash() != TpmAlg.SHA1) {
        compare(log, values, bank, results);
      }
    }
    return Collections.unmodifiableList(results);
  }

  private static void compare(
      BootLog log, PcrValues values, PcrSelection.Bank bank, List<PcrReplay> results) {
    Track[] tracks = new Track[PcrSelection.PCRS];
    Track[] launched = new Track[PcrSelection.PCRS];
    for (int pcr : bank.indices()) {
      byte[] quoted = values.value(bank.hash(), pcr).orElseThrow().value().bytes();
      tracks[pcr] = new Track(bank.hash(), pcr, false, log.startupLocality(), quoted);
      if (isDynamic(pcr)) {
        launched[pcr] = new Track(bank.hash(), pcr, true, 0, quoted);
      }
    }
    MessageDigest hash = bank.hash().newDigest();
    for (BootEvent event : log.events()) {
      Track track = event.isMeasured() ? tracks[event.pcr()] : null;
      if (track == null || track.missing >= 0) {
        continue;
      }
      int at = event.digestAt(bank.hash());
      if (at < 0) {
        track.missing = event.index();
        continue;
      }
      track.extend(hash, log.raw(), at);
      Track other = launched[event.pcr()];
      if (other != null) {
        other.extend(hash, log.raw(), at);
      }
    }
    for (int pcr : bank.indices()) {
      Track track = tracks[pcr];
      Track other = launched[pcr];
      if (track == null || track.events == 0 && (OF_OTHER_LOGS >>> pcr & 1) == 1) {
        continue;
      }
      boolean afterLaunch = other != null && track.missing < 0 && other.reached == other.events;
      results.add(afterLaunch ? other.result(hash) : track.result(hash));
    }
  }

  private static boolean isDynamic(int pcr) {
    return pcr >= FIRST_DYNAMIC && pcr <= LAST_DYNAMIC;
  }

  /** One PCR on its way through the log. */
  private static final class Track {
    private final Pcr pcr;
    private final byte[] value;
    private final byte @Nullable [] quoted;
    private int events;

    /** After how many events the value last was the quoted one, or -1. */
    private int reached = -1;

    /** The event that has no digest of the bank, or -1. */
    private int missing = -1;

    Track(TpmAlg bank, int pcr, boolean launched, int locality, byte @Nullable [] quoted) {
      this.pcr = new Pcr(bank, pcr);
      this.value = new byte[bank.digestBytes()];
      this.quoted = quoted;
      if (isDynamic(pcr) && !launched) {
        Arrays.fill(value, (byte) 0xff);
      }
      if (pcr == 0) {
        value[value.length - 1] = (byte) locality;
      }
      compare();
    }

    void extend(MessageDigest hash, byte[] from, int at) {
      extendValue(hash, from, at, value.length);
      events++;
      compare();
    }

    private void extendValue(MessageDigest hash, byte[] from, int at, int length) {
      hash.update(value);
      hash.update(from, at, length);
      try {
        hash.digest(value, 0, value.length);
      } catch (DigestException e) {
        throw new IllegalStateException("bug: a PCR has another length than its bank's digest", e);
      }
    }

    private void compare() {
      if (quoted != null && Arrays.equals(value, quoted)) {
        reached = events;
      }
    }

    PcrReplay result(MessageDigest hash) {
      if (quoted == null) {
        throw new IllegalStateException("bug: a replay without values is judged");
      }
      if (missing >= 0) {
        return new PcrReplay.DigestMissing(pcr, missing);
      }
      if (reached == events) {
        return new PcrReplay.Matched(pcr, events, List.of());
      }
      TpmDigest quotedValue = TpmDigest.of(pcr.bank(), quoted);
      if (events == 0) {
        return new PcrReplay.NoEvents(pcr, quotedValue);
      }
      if (reached >= 0) {
        return new PcrReplay.UnexplainedExtend(pcr, quotedValue, events, OptionalInt.of(reached));
      }
      if (pcr.index() <= LAST_FIRMWARE) {
        return new PcrReplay.Mismatch(pcr, quotedValue, TpmDigest.of(pcr.bank(), value), events);
      }
      int phases = pcr.index() == PHASES_PCR ? phases(hash) : 0;
      return phases > 0
          ? new PcrReplay.Matched(pcr, events, PHASES.subList(0, phases))
          : new PcrReplay.UnexplainedExtend(pcr, quotedValue, events, OptionalInt.empty());
    }

    /** After how many boot phases the value is the quoted one, or 0. */
    private int phases(MessageDigest hash) {
      for (int i = 0; i < PHASES.size(); i++) {
        byte[] digest = hash.digest(PHASES.get(i).getBytes(StandardCharsets.UTF_8));
        extendValue(hash, digest, 0, digest.length);
        if (Arrays.equals(value, quoted)) {
          return i + 1;
        }
      }
      return 0;
    }
  }
}
