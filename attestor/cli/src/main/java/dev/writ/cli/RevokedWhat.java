// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ScopeRequest;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Hash;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is to be withdrawn: one artifact, or all that stand of a scope. */
final class RevokedWhat {
  @Parameters(paramLabel = "JTI", arity = "1", description = "One artifact, by its jti.")
  @Nullable String jti;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = "All artifacts of a host, by the name under which it is enrolled.")
  @Nullable String host;

  @Option(
      names = "--key",
      paramLabel = "KID",
      converter = Thumbprint.class,
      description = "All that an issuer's key signed; see writ keys list.")
  @Nullable Hash key;

  @Option(
      names = "--epoch",
      paramLabel = "N",
      description = "All that were decided under a policy epoch; see writ policy list.")
  @Nullable Long epoch;

  @Option(
      names = "--workload",
      paramLabel = "SPIFFE-ID",
      description = "All of a workload, by the sub that they have.")
  @Nullable String workload;

  @Option(
      names = "--range",
      paramLabel = "FROM..TO",
      description = "All that the leaves from FROM to before TO decided for.")
  @Nullable String range;

  /** The one artifact; absent where a scope is meant. */
  Optional<UuidV7> artifact() throws CommandFailure {
    if (jti == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(UuidV7.parse(jti));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("JTI must be the jti of an artifact, a UUID, was " + jti);
    }
  }

  /** Where it is no single artifact. */
  ScopeRequest scope() throws CommandFailure {
    if (host != null) {
      return ScopeRequest.host(host);
    } else if (key != null) {
      return ScopeRequest.key(key);
    } else if (epoch != null) {
      return ScopeRequest.epoch(epoch);
    } else if (workload != null) {
      if (!workload.startsWith("spiffe://")) {
        throw CommandFailure.usage(
            "--workload must be a SPIFFE ID, such as spiffe://acme.example/clock, was " + workload);
      }
      return ScopeRequest.workload(workload);
    } else if (range != null) {
      LeafSpan span = LeafSpan.Wanted.parse(range).of(Long.MAX_VALUE);
      if (span.count() == 0 || span.to() == Long.MAX_VALUE) {
        throw CommandFailure.usage(
            "--range must name its first leaf and one after it, was " + range);
      }
      return ScopeRequest.range(span.from(), span.to());
    }
    throw new IllegalStateException("bug: of six ways to say what is revoked none was taken");
  }
}
