// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.lineage.LeafSource;
import dev.writ.lineage.Lineage;
import dev.writ.lineage.LogFiles;
import dev.writ.lineage.LogIntegrityException;
import dev.writ.lineage.Openings;
import dev.writ.lineage.TileLeafSource;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which log is read, what is believed of it, and what is known beside it. */
final class LineageOptions extends TrustOptions {
  @Option(
      names = "--log",
      required = true,
      paramLabel = "URL|DIR",
      description = {
        "The log: a service, https://HOST[:PORT] or http:// and a loopback address, or a folder with",
        "checkpoint and tile/ as c2sp.org/tlog-tiles has them."
      })
  String log = "";

  @Mixin OpeningOptions openings = new OpeningOptions();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** A question to a log. */
  interface Question<T> {
    T ask(Lineage lineage) throws IOException, LogIntegrityException, CommandFailure;
  }

  /**
   * Reads the whole log, and asks.
   *
   * @param warn is told of trust files that do not follow
   */
  <T> T ask(Consumer<String> warn, Question<T> question) throws CommandFailure {
    Openings known = openings.read();
    try {
      return question.ask(Lineage.read(source(warn), known));
    } catch (LogIntegrityException e) {
      throw CommandFailure.integrity(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw CommandFailure.unreachable("the log " + log, e);
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private LeafSource source(Consumer<String> warn)
      throws CommandFailure, IOException, LogIntegrityException {
    FollowedTrust believed = followed(warn);
    if (log.startsWith("http:") || log.startsWith("https:")) {
      URI url = URI.create(log);
      boolean unused = believed.follow(ServiceOptions.publishedAt(url));
      return TileLeafSource.open(
          HttpServiceEndpoint.logAt(url, Timeouts.STANDARD)::read, policy(believed));
    }
    return TileLeafSource.open(folder(Path.of(log)), policy(believed));
  }

  /** Which checkpoints the newest trust file believes. */
  static LogPolicy policy(FollowedTrust believed) throws CommandFailure {
    try {
      return LogPolicy.parse(believed.newest().content().logPolicy());
    } catch (MalformedLogPolicyException e) {
      throw CommandFailure.configuration("the trust file's log_policy", e);
    }
  }

  private static LogFiles folder(Path folder) {
    return (path, maxBytes) -> {
      try {
        byte[] bytes = BoundedFile.read(folder.resolve(path), maxBytes);
        if (bytes.length > maxBytes) {
          throw new IOException(path + " must be of at most " + maxBytes + " bytes, and is longer");
        }
        return Optional.of(bytes);
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
    };
  }
}
