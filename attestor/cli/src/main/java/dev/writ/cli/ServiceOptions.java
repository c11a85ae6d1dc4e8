// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Timeouts;
import dev.writ.artifact.TrustSuccession;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
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

  HttpServiceEndpoint endpoint(FollowedTrust believed) throws CommandFailure {
    return at(service, believed, Timeouts.STANDARD);
  }

  /** What a service publishes; each is judged by its signatures, and nobody for showing it. */
  static TrustSuccession.Published publishedAt(URI service) throws CommandFailure {
    try {
      return HttpServiceEndpoint.publishedAt(service, Timeouts.STANDARD);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--service: " + e.getMessage());
    }
  }

  /**
   * The service, by the TLS keys of the newest trust file: one that it publishes is followed where the
   * service shows another.
   */
  static HttpServiceEndpoint at(URI service, FollowedTrust believed, Timeouts timeouts)
      throws CommandFailure {
    try {
      TrustSuccession.Published published = HttpServiceEndpoint.publishedAt(service, timeouts);
      return HttpServiceEndpoint.at(
          service,
          believed.newest().content().tls(),
          () -> {
            // Others may have followed meanwhile, so that it is not this that says whether there is
            // another.
            boolean unused = believed.follow(published);
            return Optional.of(believed.newest().content().tls());
          },
          Clock.systemUTC(),
          timeouts);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--service: " + e.getMessage());
    }
  }
}
