// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a kernel was given, or may have been: in PCR 8 each command line, and what each of GRUB's
 * commands that load a kernel was handed, wherever the kernel comes from; in either PCR 8 or 12 each
 * measurement that is nothing else by its digest.
 *
 * @param text the line, or what the log says of the measurement
 * @param digests that rules name it by, one for each bank
 */
record BootCommandLine(String text, List<TpmDigest> digests) {
  /** GRUB's commands that load something to run (GNU GRUB manual, commands). */
  private static final Set<String> LOADING_COMMANDS =
      Set.of(
          "linux",
          "linux16",
          "linuxefi",
          "multiboot",
          "multiboot2",
          "module",
          "module2",
          "legacy_kernel",
          "xen_hypervisor",
          "xen_module",
          "chainloader",
          "kfreebsd",
          "knetbsd",
          "kopenbsd",
          "ntldr",
          "freedos",
          "plan9",
          "truecrypt",
          "xnu_kernel",
          "xnu_kernel64");

  /** The command lines of a log, in its order. */
  static List<BootCommandLine> of(ReplayedBootLog log) {
    List<BootCommandLine> lines = new ArrayList<>();
    for (BootMeasurement measurement : log.measurements()) {
      if (measurement.kind() == BootMeasurement.Kind.GRUB_COMMAND) {
        loaded(measurement, lines);
      } else if (measurement.pcr() == BootMeasurementReader.COMMANDS_PCR
          || measurement.pcr() == BootMeasurementReader.COMMAND_LINES_PCR) {
        lines.add(new BootCommandLine(measurement.name(), measurement.digests()));
      }
    }
    return lines;
  }

  private static void loaded(BootMeasurement command, List<BootCommandLine> lines) {
    int space = command.name().indexOf(' ');
    if (space < 0 || !LOADING_COMMANDS.contains(command.name().substring(0, space))) {
      return;
    }
    String line = command.name().substring(space + 1);
    byte[] measured = line.getBytes(StandardCharsets.UTF_8);
    lines.add(
        new BootCommandLine(
            line,
            command.digests().stream()
                .map(TpmDigest::hash)
                .map(hash -> TpmDigest.of(hash, hash.newDigest().digest(measured)))
                .toList()));
  }
}
