// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/** What was measured into which PCR, in words: a boot log for a person to read. */
public final class BootLogSummary {

  /**
   * A measurement, or what several amount to.
   *
   * @param pcr 0 to 23
   * @param text what was measured
   */
  public record Line(int pcr, String text) {}

  private final ReplayedBootLog log;
  private final List<Line> lines = new ArrayList<>();

  private BootLogSummary(ReplayedBootLog log) {
    this.log = log;
  }

  /** What a log says of the PCRs that it explains, by PCR; of the others why it does not. */
  public static List<Line> of(ReplayedBootLog log) {
    BootLogSummary summary = new BootLogSummary(log);
    for (int pcr = 0; pcr < PcrSelection.PCRS; pcr++) {
      summary.pcr(pcr);
    }
    return Collections.unmodifiableList(summary.lines);
  }

  /** What a PCR is for (PC Client Platform Firmware Profile, 3.3.4; UAPI's Linux TPM PCR registry). */
  public static String meaning(int pcr) {
    return switch (pcr) {
      case 0 -> "firmware";
      case 1 -> "firmware settings";
      case 2 -> "drivers of devices";
      case 3 -> "settings of those drivers";
      case 4 -> "boot applications";
      case 5 -> "boot attempts and partition table";
      case 6 -> "platform maker";
      case 7 -> "Secure Boot";
      case 8 -> "GRUB's commands, kernel command line";
      case 9 -> "files that loaders read";
      case 10 -> "IMA";
      case 11 -> "unified kernel image";
      case 12 -> "kernel command line, add-ons";
      case 13 -> "system extensions";
      case 14 -> "machine owner keys";
      case 16 -> "debug";
      case 17, 18, 19, 20, 21, 22 -> "dynamic launch";
      case 23 -> "applications";
      default -> "operating system";
    };
  }

  private void pcr(int pcr) {
    log.results().stream()
        .filter(result -> result.pcr().index() == pcr && !result.matches())
        .forEach(result -> add(pcr, result.message()));
    if (!log.explains(pcr)) {
      return;
    }
    if (pcr == SecureBootReader.PCR) {
      secureBoot(log.secureBoot().orElseThrow());
    } else if (pcr == BootMeasurementReader.APPLICATIONS_PCR) {
      log.bootApplications()
          .forEach(image -> add(pcr, image.text() + ", digest " + shown(image.digests())));
    } else if (log.measurements().stream().anyMatch(measured -> measured.pcr() == pcr)) {
      log.measurements().stream()
          .filter(measured -> measured.pcr() == pcr)
          .forEach(
              measured ->
                  add(
                      pcr,
                      BootEventWords.name(measured) + ", digest " + shown(measured.digests())));
    } else {
      log.events().stream()
          .filter(event -> event.pcr() == pcr && !event.is(BootEventType.EV_SEPARATOR))
          .forEach(this::event);
    }
  }

  private void event(BootEvent event) {
    String what =
        BootEventWords.version(event)
            .map(version -> " \"" + version.strip() + "\"")
            .orElse(", digest " + shown(log.digests(event)));
    add(event.pcr(), BootEventWords.name(event) + what);
  }

  private void secureBoot(SecureBootState state) {
    int pcr = SecureBootReader.PCR;
    add(pcr, "Secure Boot is " + state.text());
    add(pcr, "db has " + state.db().size() + " entries, dbx " + state.dbx().size());
    for (SecureBootState.Authority authority : state.authorities()) {
      String value =
          authority.value().map(String::strip).orElse(ShownText.start(authority.id().hex()));
      add(
          pcr,
          authority.verifiesImages()
              ? "images were verified by " + authority.variable() + " " + value
              : "shim measured " + authority.variable() + " " + value);
    }
    state.notes().forEach(note -> add(pcr, "firmware says \"" + note + "\""));
  }

  private static String shown(List<TpmDigest> digests) {
    return digests.stream()
        .limit(1)
        .map(digest -> ShownText.start(digest.value().hex()))
        .collect(Collectors.joining());
  }

  private void add(int pcr, String text) {
    lines.add(new Line(pcr, text));
  }
}
