// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Timeouts;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.TiledLog;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** Which log, and whose word for its checkpoints. */
final class LogOptions extends BeliefOptions {
  @Parameters(
      index = "0",
      paramLabel = "LOG",
      description = {
        "The log: https://HOST[:PORT][/PATH], http:// and a loopback address, or a folder of its files. A",
        "service's own is at /ledger. With --trust a server of https must show a key that the file pins."
      })
  String source = "";

  boolean isFolder() {
    return !source.contains("://");
  }

  TiledLog log(LogBelief belief) throws CommandFailure {
    if (!isFolder()) {
      try {
        return HttpLog.at(new URI(source), belief.tls(), Timeouts.STANDARD);
      } catch (URISyntaxException e) {
        throw CommandFailure.usage("the log's URL must be one, was not: " + e.getMessage());
      }
    }
    Path folder = Path.of(source);
    if (!Files.isDirectory(folder)) {
      throw CommandFailure.configuration(
          "the log must be a URL or a folder, and " + source + " is neither");
    }
    return new FolderLog(folder);
  }

  /** The log at its newest checkpoint, which is believed. */
  OpenedLog open() throws CommandFailure {
    LogBelief belief = belief();
    return OpenedLog.of(this, log(belief), belief);
  }
}
