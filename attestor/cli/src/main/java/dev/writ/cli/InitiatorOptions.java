// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.artifact.InitiatorToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Who sets the request in motion, by an identity provider's word. */
final class InitiatorOptions {
  static final String NAME = "--initiator-token-file";

  @Option(
      names = NAME,
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_INITIATOR_TOKEN_FILE}",
      description = {
        "A JWT of whoever sets this in motion, in a file (or WRIT_INITIATOR_TOKEN_FILE): the service",
        "names them in the artifact. It is read anew each time, and sent to the service alone."
      })
  @Nullable Path file;

  /** The service, shown the token where there is one. */
  HttpServiceEndpoint shownTo(HttpServiceEndpoint service) throws CommandFailure {
    Optional<InitiatorToken> token = token();
    return token.isPresent() ? service.bringing(token.get()) : service;
  }

  /** The token, where there is one. */
  Optional<InitiatorToken> token() throws CommandFailure {
    if (file == null) {
      return Optional.empty();
    }
    try {
      // A line end more, as editors and echo leave it.
      byte[] bytes = BoundedFile.read(file, InitiatorToken.MAX_LENGTH + 2);
      String text = new String(bytes, StandardCharsets.US_ASCII);
      return Optional.of(new InitiatorToken(text.strip()));
    } catch (IOException e) {
      throw CommandFailure.configuration("--initiator-token-file", e);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration("--initiator-token-file: " + file, e);
    }
  }
}
