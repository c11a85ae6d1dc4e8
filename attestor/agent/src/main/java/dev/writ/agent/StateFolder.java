// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Where a user of this host keeps what lasts between commands.
 *
 * @param path the folder
 */
public record StateFolder(Path path) {
  static final String MEASURED_LIST = "measured-list";

  /**
   * The folder, made with mode 0700 if it is missing.
   *
   * @throws IOException if it cannot be made
   */
  public static StateFolder make(Path path) throws IOException {
    return new StateFolder(
        Files.isDirectory(path)
            ? path
            : Files.createDirectories(
                path,
                PosixFilePermissions.asFileAttribute(
                    PosixFilePermissions.fromString("rwx------"))));
  }

  /** The instance key, wrapped by the TPM. */
  public Path instanceKey() {
    return path.resolve("instance-key");
  }

  /** The certificate of the attestation key, in PEM, and of the key that signed it. */
  public Path akCertificate() {
    return path.resolve("ak-certificate.pem");
  }

  /** How far the service has come with the kernel's measurement list. */
  public Path measuredList() {
    return path.resolve(MEASURED_LIST);
  }

  /** How often artifacts were used here, and the newest status tokens. */
  public Path seen() {
    return path.resolve("seen");
  }

  /** What the service has yet to be told. */
  public Path outcomes() {
    return path.resolve("outcomes");
  }

  /**
   * Refuses a folder in which another user could put an empty memory of uses in the place of the one
   * that is there.
   *
   * @throws IOException if others than its owner can write it, or it is neither this user's nor root's
   */
  public void requireOwn() throws IOException {
    int mode = (int) Files.getAttribute(path, "unix:mode");
    if ((mode & GovernedUser.GROUP_OR_OTHERS_WRITE) != 0) {
      throw new IOException(
          String.format(
              "--state must be a folder that its owner alone can write, and the mode of %s is %04o: if"
                  + " nobody has changed what is in it, run chmod go-w %s",
              path, mode & 0xfff, path));
    }
    int owner = GovernedUser.uid(path);
    if (owner != GovernedUser.ROOT && owner != GovernedUser.ofThisProcess().uid()) {
      throw new IOException(
          "--state must be a folder of this user or root, and "
              + path
              + " is user "
              + owner
              + "'s");
    }
  }
}
