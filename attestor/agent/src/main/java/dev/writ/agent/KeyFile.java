// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tpm.InstanceKey;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import dev.writ.tpm.WrappedKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Where a wrapped instance key lies between runs: mode 0600, replaced whole or not at all. Losing it
 * costs a new key, nothing else; a key of another TPM, or of this one before it was cleared, is
 * replaced.
 */
final class KeyFile {
  private static final String INTEGRITY = "TPM_RC_INTEGRITY";

  private static final Set<PosixFilePermission> OWNERS =
      Set.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private KeyFile() {}

  /**
   * The key in {@code file}, or a new one that is put there.
   *
   * @throws AttestationFailedException if anybody but the file's owner has access to it
   */
  static InstanceKey open(Tpm tpm, Path file)
      throws TpmException, IOException, AttestationFailedException {
    try {
      requireOwnersAlone(file);
      return tpm.loadInstanceKey(WrappedKey.parse(read(file)));
    } catch (NoSuchFileException e) {
      return create(tpm, file);
    } catch (TpmException e) {
      if (e.codeName().equals(INTEGRITY)) {
        return create(tpm, file);
      }
      throw e;
    }
  }

  private static void requireOwnersAlone(Path file) throws IOException, AttestationFailedException {
    Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
    if (!OWNERS.containsAll(mode)) {
      throw new AttestationFailedException(
          String.format(
              "the instance key file %s must be its owner's alone, and its mode is %s: whoever reads it"
                  + " and may use this TPM can sign with it. If nobody has, run chmod 600 on it;"
                  + " otherwise remove it, and a new key is made",
              file, PosixFilePermissions.toString(mode)));
    }
  }

  /** One byte more than a key can have is enough for its parser to refuse the file. */
  private static byte[] read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(WrappedKey.MAX_BYTES + 1);
    }
  }

  private static InstanceKey create(Tpm tpm, Path file) throws TpmException, IOException {
    WrappedKey wrapped = tpm.createInstanceKey();
    Path absolute = file.toAbsolutePath();
    Path whole =
        Files.createTempFile(
            absolute.getParent(),
            ".instance-key",
            null,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (FileChannel channel = FileChannel.open(whole, EnumSet.of(StandardOpenOption.WRITE))) {
        ByteBuffer content = ByteBuffer.wrap(wrapped.encode());
        while (content.hasRemaining()) {
          int ignored = channel.write(content);
        }
        channel.force(true);
      }
      Path ignored = Files.move(whole, absolute, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      boolean ignored = Files.deleteIfExists(whole);
    }
    return tpm.loadInstanceKey(wrapped);
  }
}
