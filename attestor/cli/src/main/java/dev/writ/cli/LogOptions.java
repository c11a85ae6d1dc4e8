// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Timeouts;
import dev.writ.tlog.FolderLog;
import dev.writ.tlog.TiledLog;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which log, and whose word for its checkpoints. */
final class LogOptions {
  @Parameters(
      index = "0",
      paramLabel = "LOG",
      description = {
        "The log: https://HOST[:PORT][/PATH], http:// and a loopback address, or a folder of its files. A",
        "service's own is at /ledger."
      })
  String source = "";

  @Option(
      names = "--log",
      paramLabel = "VKEY",
      description = "A verifier key of the log (c2sp.org/signed-note); given again, any of them.")
  List<String> keys = new ArrayList<>();

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description = {
        "Instead of --log: a trust file, whose log policy and keys' windows are gone by. A server of https",
        "must then show a key that the file pins."
      })
  @Nullable Path trust;

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      description = "The trust file's SHA-256, as it was given out of band.")
  @Nullable String pin;

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = "Judge keys' windows as of this time (default: now).")
  @Nullable Instant at;

  LogBelief belief() throws CommandFailure {
    if (keys.isEmpty() == (trust == null)) {
      throw CommandFailure.usage(
          "either --log or --trust must say whose checkpoints are believed, "
              + (trust == null ? "neither does" : "both do"));
    }
    return trust == null ? LogBelief.keys(keys) : LogBelief.of(TrustOptions.read(trust, pin));
  }

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

  Instant now() {
    return at == null ? Instant.now() : at;
  }
}
