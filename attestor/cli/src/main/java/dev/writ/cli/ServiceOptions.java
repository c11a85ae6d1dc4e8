// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.TrustFile;
import java.net.URI;
import java.time.Clock;
import picocli.CommandLine.Option;

/** Which service a host speaks to, and what it believes of it. */
final class ServiceOptions extends TrustOptions {
  @Option(
      names = "--service",
      required = true,
      paramLabel = "URL",
      defaultValue = "${env:WRIT_SERVICE}",
      description =
          "The service: https://HOST[:PORT], or http:// and a loopback address (or WRIT_SERVICE).")
  URI service = URI.create("");

  HttpServiceEndpoint endpoint(TrustFile believed) throws CommandFailure {
    return at(service, believed, Timeouts.STANDARD);
  }

  static HttpServiceEndpoint at(URI service, TrustFile believed, Timeouts timeouts)
      throws CommandFailure {
    try {
      return HttpServiceEndpoint.at(service, believed.content().tls(), Clock.systemUTC(), timeouts);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--service: " + e.getMessage());
    }
  }
}
