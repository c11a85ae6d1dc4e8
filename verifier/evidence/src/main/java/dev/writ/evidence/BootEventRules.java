// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import dev.writ.evidence.BootLogOutcome.EventRefused;
import dev.writ.evidence.BootLogOutcome.Rule;
import java.util.Optional;

/**
 * What a log must be besides replaying: the rules of the firmware profile that a quote does not
 * enforce, applied to the events of explained PCRs, one event after the other; the first that is
 * broken names the refusal.
 *
 * <p>Where a rule is about what firmware measured, such as a separator, the digest decides and not
 * the type: whoever relabels an event cannot hide what it was.
 *
 * <ol>
 *   <li>no EV_UNUSED; an EV_NO_ACTION has no digest, for it was not measured
 *   <li>a type in PCRs 0 to 7 is known; PCR 7 has variables, texts and its separator alone
 *   <li>the digest is of the data where the type says so; texts are text, variables are variables
 *   <li>PCRs 0 to 7 have one separator each, of four zero bytes
 *   <li>Secure Boot's variables, by {@link SecureBootReader}
 *   <li>in PCR 4 no boot application stands before the separator, nor before "Calling EFI
 *       Application from Boot Option" where that is there
 *   <li>nothing is measured after "Exit Boot Services Returned with Success"
 *   <li>at the end no separator and no Secure Boot variable is missing
 * </ol>
 *
 * <p>Accepted knowingly: EV_EFI_VARIABLE_BOOT measured as its value alone, as the profile has it, or
 * with its name, as some firmware does; an authority of an older shim, whose event is longer than
 * what it measured by one byte.
 */
final class BootEventRules {
  private static final int LAST_FIRMWARE = 7;
  private static final int APPLICATIONS = 4;
  private static final int EXIT = 5;
  private static final int SEPARATOR_BYTES = 4;
  private static final MeasuredData SEPARATOR = new MeasuredData(new byte[SEPARATOR_BYTES]);
  private static final MeasuredData SEPARATOR_ONES = new MeasuredData(new byte[] {-1, -1, -1, -1});
  private static final MeasuredData SEPARATOR_ERROR = new MeasuredData(new byte[] {1, 0, 0, 0});
  private static final String CALLING_TEXT = "Calling EFI Application from Boot Option";
  private static final MeasuredData CALLING = MeasuredData.ascii(CALLING_TEXT);
  private static final MeasuredData EXITED =
      MeasuredData.ascii("Exit Boot Services Returned with Success");

  private final BootLog log;
  private final ExplainedPcrs explained;
  private final SecureBootReader secureBoot;
  private int separators;
  private int applicationAt = -1;
  private boolean called;
  private boolean exited;

  BootEventRules(BootLog log, ExplainedPcrs explained, SecureBootReader secureBoot) {
    this.log = log;
    this.explained = explained;
    this.secureBoot = secureBoot;
  }

  /** The first rule that is broken. */
  Optional<EventRefused> check() {
    for (BootEvent event : log.events()) {
      Optional<EventRefused> broken = event.isMeasured() ? measured(event) : told(event);
      if (broken.isPresent()) {
        return broken;
      }
    }
    for (int pcr = 0; pcr <= LAST_FIRMWARE; pcr++) {
      if (explained.contains(pcr) && (separators >>> pcr & 1) == 0) {
        return Optional.of(
            new EventRefused(
                Rule.SEPARATOR_MISSING, log.events().size(), pcr, "one separator", "none"));
      }
    }
    return explained.contains(SecureBootReader.PCR) ? secureBoot.end(log) : Optional.empty();
  }

  private static Optional<EventRefused> told(BootEvent event) {
    // The trust point of Windows, which belongs to no PCR, has one.
    if (event.pcr() != BootEvent.NO_PCR && !event.digestsAreZero()) {
      return broken(
          Rule.NO_ACTION_DIGEST, event, "without digest, for it is not measured", "with one");
    }
    return Optional.empty();
  }

  private Optional<EventRefused> measured(BootEvent event) {
    if (event.is(BootEventType.EV_UNUSED)) {
      return broken(Rule.UNUSED, event, "of a type that firmware writes", event.typeText());
    }
    if (!explained.contains(event.pcr())) {
      return Optional.empty();
    }
    if (exited) {
      return broken(
          Rule.AFTER_EXIT_BOOT_SERVICES,
          event,
          "before boot services ended, as all that this log has",
          "after");
    }
    Optional<BootEventType> type = event.type();
    if (type.isEmpty()) {
      return event.pcr() <= LAST_FIRMWARE
          ? broken(Rule.TYPE_UNKNOWN, event, "of a known type", event.typeText())
          : Optional.empty();
    }
    return form(event, type.get())
        .or(() -> separator(event))
        .or(() -> place(event, type.get()))
        .or(
            () ->
                event.pcr() == SecureBootReader.PCR ? secureBoot.accept(event) : Optional.empty());
  }

  private Optional<EventRefused> form(BootEvent event, BootEventType type) {
    if (type.isText()
        && UefiText.ascii(event.raw(), event.dataAt(), event.dataLength()).isEmpty()) {
      return broken(Rule.DATA_MALFORMED, event, "a text", event.dataLength() + " other bytes");
    }
    Optional<UefiVariable> variable = Optional.empty();
    if (type.isVariable()) {
      try {
        variable = Optional.of(UefiVariable.read(event));
      } catch (MalformedEvidenceException e) {
        return broken(Rule.DATA_MALFORMED, event, e.field() + " " + e.expected(), e.actual());
      }
    }
    if (type.digestOfData() && !digestIsOfData(event, type, variable)) {
      return broken(
          Rule.DIGEST_MISMATCH, event, "measured by the hash of its data", "another digest");
    }
    return Optional.empty();
  }

  private boolean digestIsOfData(
      BootEvent event, BootEventType type, Optional<UefiVariable> variable) {
    if (explained.digestsAreOf(event, event.dataAt(), event.dataLength())) {
      return true;
    }
    if (variable.isEmpty()) {
      return false;
    }
    UefiVariable of = variable.get();
    if (type == BootEventType.EV_EFI_VARIABLE_BOOT) {
      return explained.digestsAreOf(event, of.valueAt(), of.valueLength());
    }
    return of.surplus() > 0
        && explained.digestsAreOf(event, event.dataAt(), event.dataLength() - 1);
  }

  private Optional<EventRefused> separator(BootEvent event) {
    if (event.pcr() > LAST_FIRMWARE) {
      return Optional.empty();
    }
    boolean good = explained.digestsAreOf(event, SEPARATOR);
    if (!good
        && (event.is(BootEventType.EV_SEPARATOR)
            || explained.digestsAreOf(event, SEPARATOR_ERROR)
            || explained.digestsAreOf(event, SEPARATOR_ONES))) {
      return broken(Rule.SEPARATOR_VALUE, event, "a separator of 00000000", start(event));
    }
    if (!good) {
      return Optional.empty();
    }
    if (!event.is(BootEventType.EV_SEPARATOR)) {
      return broken(Rule.TYPE_MISPLACED, event, "EV_SEPARATOR by its digest", event.typeText());
    }
    int bit = 1 << event.pcr();
    if ((separators & bit) != 0) {
      return broken(Rule.SEPARATOR_TWICE, event, "the only separator", "a second one");
    }
    separators |= bit;
    return event.pcr() == APPLICATIONS && applicationAt >= 0
        ? early(event, "the separator")
        : Optional.empty();
  }

  private Optional<EventRefused> place(BootEvent event, BootEventType type) {
    if (event.pcr() == SecureBootReader.PCR
        && type != BootEventType.EV_SEPARATOR
        && !type.isText()
        && (!type.isVariable()
            || type == BootEventType.EV_EFI_VARIABLE_BOOT
            || type == BootEventType.EV_EFI_VARIABLE_BOOT2)) {
      return broken(
          Rule.TYPE_MISPLACED, event, "a variable, a text or a separator", event.typeText());
    }
    if (event.pcr() == APPLICATIONS) {
      if (type == BootEventType.EV_EFI_BOOT_SERVICES_APPLICATION && applicationAt < 0) {
        applicationAt = event.index();
      }
      if (!called && explained.digestsAreOf(event, CALLING)) {
        called = true;
        return applicationAt >= 0 ? early(event, CALLING_TEXT) : Optional.empty();
      }
    }
    if (event.pcr() == EXIT && explained.digestsAreOf(event, EXITED)) {
      exited = true;
    }
    return Optional.empty();
  }

  private static String start(BootEvent event) {
    int shown = Math.min(event.dataLength(), SEPARATOR_BYTES);
    return Octets.copyOfRange(event.raw(), event.dataAt(), event.dataAt() + shown)
        + " of "
        + event.dataLength()
        + " bytes";
  }

  private Optional<EventRefused> early(BootEvent boundary, String name) {
    return Optional.of(
        new EventRefused(
            Rule.APPLICATION_EARLY,
            applicationAt,
            boundary.pcr(),
            "after " + name + ", event " + boundary.index(),
            "a boot application before it"));
  }

  private static Optional<EventRefused> broken(
      Rule rule, BootEvent event, String expected, String actual) {
    return Optional.of(new EventRefused(rule, event.index(), event.pcr(), expected, actual));
  }
}
