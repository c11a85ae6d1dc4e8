// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.ReferenceValues.Pcr;
import java.util.List;
import java.util.OptionalInt;

/** What a replay of the boot log says of one quoted PCR. */
public sealed interface PcrReplay {
  /** The PCR. */
  Pcr pcr();

  /** Stable snake_case name of the result. */
  String reason();

  /** What was found, in words; holds no secret. */
  String message();

  /** Whether the log explains the quoted value. */
  default boolean matches() {
    return this instanceof Matched;
  }

  /**
   * The log's events lead to the quoted value.
   *
   * @param events how many events of this PCR there are; none where it has the value of a reset
   * @param phases what systemd extended after them without telling the log: its boot phases, in
   *     their order
   */
  record Matched(Pcr pcr, int events, List<String> phases) implements PcrReplay {
    /** Copies the list. */
    public Matched {
      phases = List.copyOf(phases);
    }

    @Override
    public String reason() {
      return "pcr_matches_log";
    }

    @Override
    public String message() {
      return "PCR "
          + pcr
          + " is explained by "
          + events
          + " events"
          + (phases.isEmpty() ? "" : " and the boot phases " + String.join(", ", phases));
    }
  }

  /**
   * The PCR has a value and the log has no event of it.
   *
   * @param quoted the value
   */
  record NoEvents(Pcr pcr, TpmDigest quoted) implements PcrReplay {
    @Override
    public String reason() {
      return "pcr_without_events";
    }

    @Override
    public String message() {
      return "PCR "
          + pcr
          + " must be explained by events of the log, which has none of it; its value is "
          + quoted.value();
    }
  }

  /**
   * The log and the PCR part ways at an extend that one of them does not have.
   *
   * @param quoted the quoted value
   * @param logged how many events of this PCR the log has
   * @param explained how many of them, from the first, lead to the quoted value: the others are not
   *     in the quoted state. Empty where none do: something that does not write this log extended
   *     the PCR, as userspace does
   */
  record UnexplainedExtend(Pcr pcr, TpmDigest quoted, int logged, OptionalInt explained)
      implements PcrReplay {
    @Override
    public String reason() {
      return "pcr_unexplained_extend";
    }

    @Override
    public String message() {
      String start = "unexplained extend in PCR " + pcr.index() + " of " + pcr.bank() + ": ";
      if (explained.isPresent()) {
        return start
            + "the quoted value is the one after "
            + explained.getAsInt()
            + " of the log's "
            + logged
            + " events of it; the log goes on where the quote ends";
      }
      return start
          + "the log's "
          + logged
          + " events of it do not lead to the quoted value; what does not write this log, such as"
          + " userspace, extended it, or the log is not of this boot";
    }
  }

  /**
   * No prefix of the log's events leads to the quoted value, in a PCR that firmware alone extends.
   *
   * @param quoted the quoted value
   * @param replayed where the log leads
   * @param logged how many events of this PCR the log has
   */
  record Mismatch(Pcr pcr, TpmDigest quoted, TpmDigest replayed, int logged) implements PcrReplay {
    @Override
    public String reason() {
      return "pcr_log_mismatch";
    }

    @Override
    public String message() {
      return "PCR "
          + pcr
          + " must have the value to which the log's "
          + logged
          + " events of it lead, "
          + replayed.value()
          + ", was "
          + quoted.value()
          + "; an event is missing, changed or out of order, or the log is not of this boot";
    }
  }

  /**
   * An event of this PCR has no digest of the PCR's bank.
   *
   * @param event its place in the log
   */
  record DigestMissing(Pcr pcr, int event) implements PcrReplay {
    @Override
    public String reason() {
      return "boot_log_digest_missing";
    }

    @Override
    public String message() {
      return "event "
          + event
          + ", of PCR "
          + pcr.index()
          + ", must have a digest of the quoted bank "
          + pcr.bank()
          + ", and has none";
    }
  }
}
