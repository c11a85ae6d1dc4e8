// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the operator's Unix socket is in the file system.
 *
 * <p>bind(2) makes a socket with the permissions that the process's umask leaves, and there is a moment
 * before they can be changed. So it is bound in a folder of its own that only this user may enter, is
 * set to 0600 there, and then renamed to its place: who can see it sees it at 0600. The same rename
 * replaces a socket on which nobody listens any more.
 *
 * <p>Its folder must not be writable by others: they could put a socket of theirs in its place, and an
 * operator would give his orders to them.
 */
final class OperatorSocket implements AutoCloseable {
  /** What {@code sun_path} of {@code struct sockaddr_un} holds, without its NUL. */
  private static final int MAX_PATH = 107;

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

  private final Path place;
  private final Path folder;
  private final Path bound;
  private @Nullable Object identity;

  private OperatorSocket(Path place, Path folder) {
    this.place = place;
    this.folder = folder;
    this.bound = folder.resolve("s");
  }

  /**
   * Makes ready to bind.
   *
   * @param path where the socket will be
   * @throws DoorException if it cannot be there: its folder is not as it must be, or somebody listens
   */
  static OperatorSocket at(Path path) throws DoorException {
    Path place = path.toAbsolutePath().normalize();
    Path parent = Objects.requireNonNull(place.getParent(), "a socket has a folder");
    requireSafe(parent);
    requireFree(place);
    try {
      Path folder =
          Files.createTempDirectory(
              parent,
              ".w",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      OperatorSocket socket = new OperatorSocket(place, folder);
      if (!ownerIsUsOrRoot(parent, folder)) {
        socket.close();
        throw new DoorException(
            "the folder of the operator's socket must be this user's or root's, "
                + parent
                + " is "
                + Files.getOwner(parent).getName()
                + "'s");
      }
      int length = socket.bound.toString().getBytes(StandardCharsets.UTF_8).length;
      if (length > MAX_PATH) {
        socket.close();
        throw new DoorException(
            "the folder of the operator's socket must have a shorter path: "
                + parent
                + " is "
                + (length - MAX_PATH)
                + " bytes too long");
      }
      return socket;
    } catch (IOException e) {
      throw new DoorException(
          "the folder " + parent + " must be writable for the operator's socket", e);
    }
  }

  private static void requireSafe(Path parent) throws DoorException {
    try {
      PosixFileAttributes folder = Files.readAttributes(parent, PosixFileAttributes.class);
      Set<PosixFilePermission> permissions = folder.permissions();
      if (!folder.isDirectory()
          || permissions.contains(PosixFilePermission.GROUP_WRITE)
          || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
        throw new DoorException(
            "the operator's socket must be in a folder that nobody but its owner may write to, "
                + parent
                + " is "
                + PosixFilePermissions.toString(permissions)
                + "; make one of mode 0700");
      }
    } catch (IOException e) {
      throw new DoorException(
          "the operator's socket must be in a folder that is there, " + parent + " is not", e);
    }
  }

  private static boolean ownerIsUsOrRoot(Path parent, Path ours) throws IOException {
    UserPrincipal owner = Files.getOwner(parent);
    return owner.equals(Files.getOwner(ours)) || owner.getName().equals("root");
  }

  /** A socket is replaced only where nobody listens, and nothing but a socket ever is. */
  private static void requireFree(Path place) throws DoorException {
    if (!Files.exists(place, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      if (!Files.readAttributes(place, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isOther()) {
        throw new DoorException(
            "the operator's socket must be at a free path, " + place + " is another file");
      }
      try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
        if (channel.connect(UnixDomainSocketAddress.of(place))) {
          throw new DoorException(
              "one service alone must listen on " + place + ", another one does; stop it first");
        }
      }
    } catch (ConnectException e) {
      // Nobody listens: it was left by a process that was killed.
      return;
    } catch (IOException e) {
      throw new DoorException("the operator's socket at " + place + " must be ours to replace", e);
    }
  }

  /** Where to bind. */
  Path toBind() {
    return bound;
  }

  /** Puts the bound socket into its place. */
  void publish() throws DoorException {
    try {
      Files.setPosixFilePermissions(bound, OWNER_ONLY);
      identity = identity(bound);
      Files.move(bound, place, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(folder);
    } catch (AtomicMoveNotSupportedException e) {
      throw new IllegalStateException("bug: a folder is on one file system with its own parent", e);
    } catch (IOException e) {
      throw new DoorException("the operator's socket must come to " + place, e);
    }
  }

  private static @Nullable Object identity(Path file) throws IOException {
    return Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /** Takes the socket away, unless another service has put its own there meanwhile. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(bound);
      Files.deleteIfExists(folder);
      if (identity != null
          && Files.exists(place, LinkOption.NOFOLLOW_LINKS)
          && identity.equals(identity(place))) {
        Files.delete(place);
      }
    } catch (IOException e) {
      System.getLogger(OperatorSocket.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "socket_left",
              LogFields.of("message", String.valueOf(e.getMessage())));
    }
  }
}
