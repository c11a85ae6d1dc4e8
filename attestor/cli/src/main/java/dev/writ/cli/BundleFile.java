// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.ProofBundle;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A proof bundle that a user names. */
final class BundleFile {
  private BundleFile() {}

  /** Its bytes; none where there is no file: the verifier's first check says so, with its code. */
  static byte[] read(Path file) throws CommandFailure {
    try {
      return BoundedFile.read(file, ProofBundle.MAX_BYTES);
    } catch (NoSuchFileException e) {
      return new byte[0];
    } catch (IOException e) {
      throw CommandFailure.configuration("the bundle " + file, e);
    }
  }
}
