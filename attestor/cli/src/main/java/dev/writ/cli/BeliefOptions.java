// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whose word for a log's checkpoints. */
class BeliefOptions {
  @Option(
      names = "--log",
      paramLabel = "VKEY",
      description = "A verifier key of the log (c2sp.org/signed-note); given again, any of them.")
  List<String> keys = new ArrayList<>();

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description =
          "Instead of --log: a trust file, whose log policy and keys' windows are gone by.")
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

  final LogBelief belief() throws CommandFailure {
    if (keys.isEmpty() == (trust == null)) {
      throw CommandFailure.usage(
          "either --log or --trust must say whose checkpoints are believed, "
              + (trust == null ? "neither does" : "both do"));
    }
    return trust == null ? LogBelief.keys(keys) : LogBelief.of(TrustOptions.read(trust, pin));
  }

  final Instant now() {
    return at == null ? Instant.now() : at;
  }
}
