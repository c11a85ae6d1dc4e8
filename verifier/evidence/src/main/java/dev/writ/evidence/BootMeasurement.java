// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.List;

/**
 * What a loader measured: shim, GRUB, systemd-boot and systemd-stub, Linux's EFI stub.
 *
 * @param kind what it is
 * @param name the command, the command line, the file, section or variable
 * @param nameBound whether the digests cover the name too; where they do not, it is what the log says
 * @param pcr 8, 9, or 11 to 14
 * @param event place in the log
 * @param digests in each explaining bank
 */
public record BootMeasurement(
    Kind kind, String name, boolean nameBound, int pcr, int event, List<TpmDigest> digests) {
  /** What a loader measures. */
  public enum Kind {
    /** A command that GRUB ran (PCR 8); its text is what was measured. */
    GRUB_COMMAND("GRUB command"),
    /** A command line for a kernel or module (PCR 8 by GRUB, PCR 12 by systemd). */
    COMMAND_LINE("command line"),
    /** A file that a loader read (PCR 9). */
    FILE("file"),
    /** A variable or file of shim (PCR 14). */
    SHIM("shim's"),
    /** A section of a unified kernel image (PCR 11); the pair of its measurements binds its name. */
    UKI_SECTION("UKI section"),
    /** Another part that systemd hands to the kernel: add-ons, credentials, extensions. */
    ADDITION("addition"),
    /** A measurement that says nothing of itself that its digest shows. */
    OTHER("measurement");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** In words. */
    public String label() {
      return label;
    }
  }

  /** Copies the list. */
  public BootMeasurement {
    digests = List.copyOf(digests);
  }

  /** Kind and name in words. */
  public String text() {
    return kind.label() + " " + name;
  }
}
