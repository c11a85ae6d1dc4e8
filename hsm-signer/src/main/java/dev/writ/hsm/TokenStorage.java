// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The folder in which a software token keeps its objects, found in the module's configuration.
 *
 * <p>SoftHSM 2.6.1 does not notice a failed write: on a full disk it answers CKR_OK to
 * C_GenerateKeyPair and the key is gone at the next start, and a mere login, which rewrites the token's
 * own object, truncates it and with it every key. So the folder is tried with a file first.
 */
final class TokenStorage {
  /** Far more than an inventory's keys and certificates, at about a kilobyte each. */
  private static final int ROOM_BYTES = 65_536;

  private static final int MAX_CONFIGURATION_BYTES = 65_536;

  private TokenStorage() {}

  /**
   * Demands that {@code configuration}'s folder takes a file and forces it to disk.
   *
   * @param key the configuration's key for that folder
   */
  static void requireRoom(Path configuration, String key) throws HsmException {
    Path folder = folder(configuration, key);
    try {
      Path probe = Files.createTempFile(folder, ".writ-", ".probe");
      try (FileChannel channel = FileChannel.open(probe, StandardOpenOption.WRITE)) {
        ByteBuffer zeros = ByteBuffer.allocate(ROOM_BYTES);
        while (zeros.hasRemaining()) {
          if (channel.write(zeros) == 0) {
            throw new IOException("nothing more could be written");
          }
        }
        channel.force(true);
      } finally {
        Files.deleteIfExists(probe);
      }
    } catch (IOException e) {
      throw new HsmException(
          Fault.TOKEN_FULL,
          String.format(
              "the token's folder %s must exist, be writable and have room for %d bytes, and does not"
                  + " (%s): free space there, or mend the folder or who may write to it",
              folder, ROOM_BYTES, e),
          e);
    }
  }

  private static Path folder(Path configuration, String key) throws HsmException {
    Pattern line =
        Pattern.compile(
            "\\s*" + Pattern.quote(key) + "\\s*=\\s*(?<folder>/[^#]*[^#\\s])\\s*(#.*)?");
    Optional<String> folder;
    try {
      if (Files.size(configuration) > MAX_CONFIGURATION_BYTES) {
        throw new IOException("it is larger than " + MAX_CONFIGURATION_BYTES + " bytes");
      }
      List<String> lines = Files.readAllLines(configuration, StandardCharsets.UTF_8);
      folder =
          lines.stream()
              .map(line::matcher)
              .filter(Matcher::matches)
              .map(found -> found.group("folder"))
              .reduce((first, second) -> second);
    } catch (IOException e) {
      throw new HsmException(
          Fault.ENVIRONMENT_MISSING,
          "the module's configuration " + configuration + " must be readable, and is not: " + e,
          e);
    }
    return Path.of(
        folder.orElseThrow(
            () ->
                new HsmException(
                    Fault.ENVIRONMENT_MISSING,
                    String.format(
                        "the module's configuration %s must have a line \"%s = /FOLDER\", and has"
                            + " none: add it",
                        configuration, key))));
  }
}
