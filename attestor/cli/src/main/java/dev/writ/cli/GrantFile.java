// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.BreakglassGrant;
import dev.writ.artifact.MalformedGrantException;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.stream.Collectors;

/** A grant of break-glass in a file. */
final class GrantFile {
  private GrantFile() {}

  static BreakglassGrant read(Path file) throws CommandFailure {
    try {
      return BreakglassGrant.parse(BoundedFile.read(file, BreakglassGrant.MAX_BYTES));
    } catch (IOException | MalformedGrantException e) {
      throw CommandFailure.configuration("the grant " + file, e);
    }
  }

  /** Writes it whole, in place of what is there. */
  static void write(Path out, BreakglassGrant grant) throws CommandFailure {
    try {
      Path whole = Files.createTempFile(out.toAbsolutePath().getParent(), ".writ", null);
      try {
        Path unused = Files.write(whole, grant.toJson(), StandardOpenOption.DSYNC);
        unused = Files.move(whole, out, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        boolean unused = Files.deleteIfExists(whole);
      }
    } catch (IOException e) {
      throw CommandFailure.configuration("the grant " + out, e);
    }
  }

  static Hash nonce() {
    byte[] bytes = new byte[Hash.BYTES];
    new SecureRandom().nextBytes(bytes);
    return Hash.of(bytes);
  }

  /** All that a signature would say. */
  static void show(BreakglassGrant grant, PrintWriter err) {
    Lines lines = new Lines();
    lines.fact("break-glass", grant.digest().hex());
    lines.fact("issuer", grant.issuer());
    lines.fact("reason", grant.reason());
    lines.fact("lasts", "at most " + grant.ttl().toSeconds() + " s once it is used");
    lines.fact("use from", grant.notBefore().toString());
    lines.fact("use before", grant.notAfter().toString());
    lines.fact(
        "signed before",
        grant.signatures().isEmpty()
            ? "by nobody"
            : grant.signatures().stream()
                .map(signature -> Thumbprint.text(signature.kid()))
                .collect(Collectors.joining(", ", "by ", ", none verified")));
    err.print(lines);
    err.flush();
  }
}
