// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Keeps the trust files that a verifier has followed, so that it goes on from there without a network:
 * {@code <version>.json} each. They are evidence, not authority: each is judged again when it is read,
 * from the start file on. Whoever removes files takes the verifier back to an earlier version, which
 * status tokens then show to be one.
 */
public final class TrustFolder implements TrustSuccession.Published {
  private final Path folder;

  /** Keeps them in {@code folder}, which is made when first needed. */
  public TrustFolder(Path folder) {
    this.folder = folder;
  }

  @Override
  public Optional<byte[]> version(long version) throws IOException {
    Path file = file(version);
    try {
      // Else a pipe in its place would keep the reader waiting.
      if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isRegularFile()) {
        throw new IOException(file + " must be a regular file, is a link, a folder or a device");
      }
      return Optional.of(read(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static byte[] read(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      if (channel.size() > TrustFile.MAX_BYTES) {
        throw new IOException(
            file + " must have at most " + TrustFile.MAX_BYTES + " bytes, has " + channel.size());
      }
      ByteBuffer bytes = ByteBuffer.allocate(TrustFile.MAX_BYTES + 1);
      while (bytes.hasRemaining() && channel.read(bytes) >= 0) {}
      bytes.flip();
      byte[] read = new byte[bytes.remaining()];
      bytes.get(read);
      return read;
    }
  }

  /** Keeps one that was followed; whole or not at all. */
  public void keep(TrustFile followed) throws IOException {
    Files.createDirectories(folder);
    Path made = Files.createTempFile(folder, "next", ".tmp");
    try {
      try (FileChannel channel = FileChannel.open(made, StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(followed.toJson());
        while (bytes.hasRemaining()) {
          int ignored = channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(made, file(followed.content().version()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
  }

  private Path file(long version) {
    return folder.resolve(version + ".json");
  }
}
