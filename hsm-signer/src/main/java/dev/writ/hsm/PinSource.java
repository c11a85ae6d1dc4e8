// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;

/** Where a PIN comes from at the moment that it is needed. */
@FunctionalInterface
public interface PinSource {
  /** Reads the PIN anew; the caller closes it. */
  Pin read() throws HsmException;

  /**
   * A file that holds the PIN and at most one newline after it, and that nobody but its owner may
   * read or write. Symbolic links are followed: service managers hand out credentials by them.
   */
  static PinSource file(Path file) {
    return () -> readFile(file);
  }

  /** A PIN that this host's state seals. Where it stays sealed, the token is not shown any. */
  static PinSource sealed(SealedPin sealed) {
    return () -> readSealed(sealed);
  }

  private static Pin readSealed(SealedPin sealed) throws HsmException {
    byte[] unsealed;
    try {
      unsealed = sealed.unseal();
    } catch (SealedPinException e) {
      throw new HsmException(HsmException.Fault.PIN_SEALED, String.valueOf(e.getMessage()), e);
    }
    try {
      return Pin.of(unsealed);
    } catch (IllegalArgumentException e) {
      throw new HsmException(
          HsmException.Fault.PIN_SEALED, "what was sealed is no PIN: " + e.getMessage(), e);
    } finally {
      Arrays.fill(unsealed, (byte) 0);
    }
  }

  private static Pin readFile(Path file) throws HsmException {
    byte[] read = new byte[Pin.MAX_BYTES + 2];
    try {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      Set<PosixFilePermission> others = EnumSet.allOf(PosixFilePermission.class);
      others.removeAll(
          EnumSet.of(
              PosixFilePermission.OWNER_READ,
              PosixFilePermission.OWNER_WRITE,
              PosixFilePermission.OWNER_EXECUTE));
      others.retainAll(permissions);
      if (!others.isEmpty()) {
        throw new HsmException(
            HsmException.Fault.PIN_FILE,
            String.format(
                "the PIN file %s must be open to its owner alone, was %s: chmod 600 it, and change"
                    + " the PIN if others could read it",
                file, PosixFilePermissions.toString(permissions)));
      }
      int count;
      try (InputStream in = Files.newInputStream(file)) {
        // Into an array of ours: a stream that makes the array keeps another, which nobody zeroes.
        count = in.readNBytes(read, 0, read.length);
      }
      int length = count > 0 && read[count - 1] == '\n' ? count - 1 : count;
      byte[] stripped = Arrays.copyOf(read, length);
      try {
        return Pin.of(stripped);
      } finally {
        Arrays.fill(stripped, (byte) 0);
      }
    } catch (IOException | UnsupportedOperationException e) {
      throw new HsmException(
          HsmException.Fault.PIN_FILE,
          "the PIN file "
              + file
              + " must be a readable file with POSIX permissions, and is not: write the user PIN into"
              + " it with mode 600",
          e);
    } catch (IllegalArgumentException e) {
      throw new HsmException(
          HsmException.Fault.PIN_FILE, "in the PIN file " + file + ": " + e.getMessage(), e);
    } finally {
      Arrays.fill(read, (byte) 0);
    }
  }
}
