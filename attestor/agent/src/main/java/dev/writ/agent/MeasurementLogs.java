// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.evidence.Evidence;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a host shows what was measured into its TPM; read anew for each Evidence.
 *
 * @param bootLog the boot event log in the TCG's form
 * @param imaList the kernel's measurement list, binary_runtime_measurements
 */
public record MeasurementLogs(Optional<Source> bootLog, Optional<Source> imaList) {
  /** None. */
  public static final MeasurementLogs NONE =
      new MeasurementLogs(Optional.empty(), Optional.empty());

  /** What Linux shows of the first TPM, to root alone, and where there is something to show. */
  public static final MeasurementLogs OF_KERNEL =
      new MeasurementLogs(
          Optional.of(
              new Source(Path.of("/sys/kernel/security/tpm0/binary_bios_measurements"), false)),
          Optional.of(
              new Source(Path.of("/sys/kernel/security/ima/binary_runtime_measurements"), false)));

  /**
   * A file with a log.
   *
   * @param required whether it must be readable; else it is left out where it is not
   */
  public record Source(Path file, boolean required) {
    /** A log that must be there. */
    public static Source at(Path file) {
      return new Source(file, true);
    }

    /**
     * Its bytes from an offset on; nothing where it cannot be read or has more than {@code limit} of
     * them, and need not be there.
     */
    Optional<byte[]> read(long offset, int limit) throws AttestationFailedException {
      try (InputStream in = Files.newInputStream(file)) {
        in.skipNBytes(offset);
        byte[] bytes = in.readNBytes(limit + 1);
        if (bytes.length > limit) {
          throw new IOException("it must have at most " + limit + " bytes to be sent, has more");
        }
        return Optional.of(bytes);
      } catch (IOException e) {
        if (required) {
          throw new AttestationFailedException(Sentence.of("the log " + file, e), e);
        }
        return Optional.empty();
      }
    }
  }

  /** These logs with a boot log that must be there. */
  public MeasurementLogs withBootLog(Path file) {
    return new MeasurementLogs(Optional.of(Source.at(file)), imaList);
  }

  /** These logs with a measurement list that must be there. */
  public MeasurementLogs withImaList(Path file) {
    return new MeasurementLogs(bootLog, Optional.of(Source.at(file)));
  }

  /** The boot event log; nothing where there is none, or an empty one, as some clouds show. */
  Optional<byte[]> readBootLog() throws AttestationFailedException {
    if (bootLog.isEmpty()) {
      return Optional.empty();
    }
    return bootLog.get().read(0, Evidence.MAX_BOOT_LOG).filter(bytes -> bytes.length > 0);
  }
}
