// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ParentAtHand;
import dev.writ.agent.ParentBundle;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.ProofBundle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Under which artifact something is asked for. */
final class ParentOptions {
  static final String NAME = "--parent";

  @Option(
      names = NAME,
      paramLabel = "BUNDLE",
      defaultValue = "${env:WRIT_PARENT}",
      description = {
        "Asks under this host's artifact of BUNDLE, which must let what is asked be delegated: the new",
        "one ends with it, and is withdrawn with it (or WRIT_PARENT, which --hand-down sets)."
      })
  @Nullable Path file;

  /** What is in the file, where one is named. */
  Optional<ParentBundle> read() throws IOException, MalformedDocumentException {
    return file == null ? Optional.empty() : Optional.of(in(file));
  }

  /** The same for what is asked for again while it runs. */
  Optional<ParentAtHand> atHand() throws IOException, MalformedDocumentException {
    Path place = file;
    return place == null ? Optional.empty() : Optional.of(ParentAtHand.at(() -> in(place)));
  }

  private static ParentBundle in(Path file) throws IOException, MalformedDocumentException {
    return ParentBundle.parse(BoundedFile.read(file, ProofBundle.MAX_BYTES));
  }
}
