// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

/** Whether a boot log is one that this quote's machine can have written. */
public sealed interface BootLogOutcome permits VerifiedBootLog, BootLogOutcome.Refused {
  /** Why it is not. */
  sealed interface Refused extends BootLogOutcome, Refusal
      permits Sha1Only, BankMissing, DigestMissing, EventRefused {}

  /** Nothing but SHA-1 is at hand, which decides nothing. */
  record Sha1Only() implements Refused {
    @Override
    public String reason() {
      return "boot_log_sha1";
    }

    @Override
    public String message() {
      return "log and quote must share a bank other than sha1: enable the TPM's sha256 bank in the"
          + " firmware's setup, and quote it";
    }
  }

  /**
   * The log has no digests of a quoted bank.
   *
   * @param bank the bank
   */
  record BankMissing(TpmAlg bank) implements Refused {
    @Override
    public String reason() {
      return "boot_log_bank_missing";
    }

    @Override
    public String message() {
      return "the log must have digests of the quoted bank " + bank + ", and announces none";
    }
  }

  /**
   * An event lacks the digest of a quoted bank.
   *
   * @param replay of which PCR, and which event
   */
  record DigestMissing(PcrReplay.DigestMissing replay) implements Refused {
    @Override
    public String reason() {
      return replay.reason();
    }

    @Override
    public String message() {
      return replay.message();
    }
  }

  /**
   * An event contradicts what firmware writes.
   *
   * @param rule what is broken
   * @param event its place in the log; the log's length where an event is missing
   * @param pcr its PCR
   * @param expected what must hold
   * @param actual what was
   */
  record EventRefused(Rule rule, int event, int pcr, String expected, String actual)
      implements Refused {
    @Override
    public String reason() {
      return rule.reason();
    }

    @Override
    public String message() {
      return "event " + event + " of PCR " + pcr + " must be " + expected + ", was " + actual;
    }
  }

  /** What an event can break. */
  enum Rule {
    /** EV_UNUSED, which no firmware writes. */
    UNUSED("boot_event_unused"),
    /** A type that is not known, in a PCR of the firmware. */
    TYPE_UNKNOWN("boot_event_type_unknown"),
    /** A type that has no place in this PCR. */
    TYPE_MISPLACED("boot_event_type_misplaced"),
    /** EV_NO_ACTION with a digest, as if it had been measured. */
    NO_ACTION_DIGEST("boot_event_no_action_digest"),
    /** The digest is not of the data. */
    DIGEST_MISMATCH("boot_event_digest_mismatch"),
    /** Data that is not of the type's form. */
    DATA_MALFORMED("boot_event_data_malformed"),
    /** A separator that reports an error, or is none. */
    SEPARATOR_VALUE("boot_separator_value"),
    /** A second separator in one PCR. */
    SEPARATOR_TWICE("boot_separator_twice"),
    /** No separator in one PCR. */
    SEPARATOR_MISSING("boot_separator_missing"),
    /** A measurement after boot services ended. */
    AFTER_EXIT_BOOT_SERVICES("boot_event_after_exit"),
    /** A Secure Boot variable twice. */
    VARIABLE_TWICE("secure_boot_variable_twice"),
    /** A Secure Boot variable under another vendor's GUID. */
    VARIABLE_GUID("secure_boot_variable_guid"),
    /** SecureBoot that is neither 0 nor 1. */
    VARIABLE_VALUE("secure_boot_variable_value"),
    /** A Secure Boot variable that was not measured. */
    VARIABLE_MISSING("secure_boot_variable_missing"),
    /** A Secure Boot variable after the separator. */
    VARIABLE_LATE("secure_boot_variable_late"),
    /** A boot application before boot applications run. */
    APPLICATION_EARLY("boot_application_early");

    private final String reason;

    Rule(String reason) {
      this.reason = reason;
    }

    /** Stable snake_case name. */
    public String reason() {
      return reason;
    }
  }
}
