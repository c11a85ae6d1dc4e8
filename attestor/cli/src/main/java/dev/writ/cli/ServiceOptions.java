// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which service a host speaks to, and what it believes of it. */
final class ServiceOptions {
  @Option(
      names = "--service",
      required = true,
      paramLabel = "URL",
      description = "The service: https://HOST[:PORT], or http:// and a loopback address.")
  URI service = URI.create("");

  @Option(
      names = "--trust",
      required = true,
      paramLabel = "FILE",
      description = "The trust file: issuer, keys, and whom TLS may show.")
  Path trust = Path.of("");

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      description = "The trust file's SHA-256, as it was given out of band.")
  @Nullable String pin;

  TrustFile readTrust() throws CommandFailure {
    try {
      byte[] bytes = BoundedFile.read(trust, TrustFile.MAX_BYTES);
      TrustFile file =
          pin == null ? TrustFile.parse(bytes) : TrustFile.pinned(bytes, Hash.fromHex(pin));
      if (!file.mayBeBelieved()) {
        throw CommandFailure.configuration(
            "the trust file "
                + trust
                + " must be version 1, or pinned with --trust-sha256, and is version "
                + file.content().version());
      }
      return file;
    } catch (IOException | MalformedTrustFileException | IllegalArgumentException e) {
      throw CommandFailure.configuration("the trust file " + trust, e);
    }
  }

  HttpServiceEndpoint endpoint(TrustFile believed) throws CommandFailure {
    try {
      return HttpServiceEndpoint.at(
          service, believed.content().tls(), Clock.systemUTC(), Timeouts.STANDARD);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--service: " + e.getMessage());
    }
  }
}
