// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.util.List;
import java.util.Optional;

/**
 * An image that firmware or a loader measured before it ran it: into PCR 4 what boots, into PCR 2
 * what devices bring along.
 *
 * <p>In PCR 4 every measurement counts as an image that is not a separator or a text measured as
 * such, whatever type the log gives it: the type is not bound, and to relabel an image must not hide
 * it.
 *
 * @param pcr 2 or 4
 * @param number place among the images of its PCR, from 1
 * @param event place in the log
 * @param digests in each explaining bank, of the image's Authenticode
 * @param path where firmware says that it found the image, such as {@code \EFI\debian\shimx64.efi};
 *     no digest covers it
 */
public record BootImage(
    int pcr, int number, int event, List<TpmDigest> digests, Optional<String> path) {
  /** Copies the list. */
  public BootImage {
    digests = List.copyOf(digests);
  }

  /** Whether this is one of what boots, and not of what devices bring along. */
  public boolean isBootApplication() {
    return pcr == BootMeasurementReader.APPLICATIONS_PCR;
  }

  /** {@code boot application 2 (\EFI\debian\grubx64.efi)}. */
  public String text() {
    return (isBootApplication() ? "boot application " : "driver ")
        + number
        + path.map(at -> " (" + at + ")").orElse("");
  }
}
