// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A database's password in a file for its owner alone. No message holds a character of it. */
final class PasswordFile {
  private static final int MAX_BYTES = 1024;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private PasswordFile() {}

  /** Reads it, less the line's end. */
  static String read(Path file) throws SQLException {
    try (InputStream in = Files.newInputStream(file)) {
      Set<PosixFilePermission> found = Files.getPosixFilePermissions(file);
      if (!OWNER_ONLY.containsAll(found)) {
        throw unusable(
            file
                + " must be readable by its owner alone (0600), was "
                + PosixFilePermissions.toString(found),
            null);
      }
      byte[] bytes = in.readNBytes(MAX_BYTES + 1);
      if (bytes.length > MAX_BYTES) {
        throw unusable(file + " must hold at most " + MAX_BYTES + " bytes, holds more", null);
      }
      return new String(bytes, StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw unusable("the password file " + file + " must be readable (" + e + ")", e);
    }
  }

  private static SQLException unusable(String message, @Nullable IOException cause) {
    // invalid_authorization_specification
    return new SQLException(message, "28000", cause);
  }
}
