// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A file that {@link WritExec} holds open. What is read here is what it starts, whatever becomes of the
 * path that it was opened by.
 *
 * @param descriptor of writ-exec's process
 * @param handle that descriptor as this process opens it: {@code /proc/PID/fd/FD}
 */
record HeldFile(int descriptor, Path handle) {
  /** Longer than any program, short enough to be read before somebody loses patience. */
  static final long MAX_BYTES = 1L << 30;

  private static final int CHUNK = 1 << 16;

  /**
   * The path that it has, without symbolic links. Of a file that was renamed meanwhile the new one; of
   * one that was removed the kernel says {@code (deleted)}, and no file is there.
   */
  Path realPath() throws IOException {
    return Files.readSymbolicLink(handle);
  }

  /** Whether {@link #realPath} leads to this very file. */
  boolean isAt(Path path) throws IOException {
    return Files.isSameFile(handle, path);
  }

  /** Its first bytes, as many as there are up to {@code most}. */
  byte[] head(int most) throws IOException {
    try (InputStream in = Files.newInputStream(handle)) {
      return in.readNBytes(most);
    }
  }

  /** SHA-256 of its bytes. */
  Hash sha256() throws IOException {
    return sha256(handle);
  }

  /**
   * SHA-256 of a file's bytes.
   *
   * @throws IOException also if it has more than {@link #MAX_BYTES}
   */
  static Hash sha256(Path file) throws IOException {
    MessageDigest digest = newDigest();
    byte[] chunk = new byte[CHUNK];
    long sum = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
        sum += n;
        if (sum > MAX_BYTES) {
          throw new IOException(file + " must have at most " + MAX_BYTES + " bytes, has more");
        }
        digest.update(chunk, 0, n);
      }
    }
    return Hash.of(digest.digest());
  }

  private static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must have SHA-256", e);
    }
  }
}
