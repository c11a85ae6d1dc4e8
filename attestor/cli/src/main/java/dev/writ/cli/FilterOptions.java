// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.DenialCode;
import dev.writ.artifact.LeafKind;
import dev.writ.artifact.UuidV7;
import dev.writ.lineage.SearchFilter;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is looked for; every condition that is given must hold. */
final class FilterOptions {
  @Option(names = "--kind", paramLabel = "KIND", description = "Leaves of this kind.")
  @Nullable String kind;

  @Option(names = "--jti", paramLabel = "JTI", description = "Leaves of this artifact.")
  @Nullable String jti;

  @Option(
      names = "--policy",
      paramLabel = "DIGEST",
      description = "Decisions under the policy of this digest, and its own leaf.")
  @Nullable String policy;

  @Option(
      names = "--code",
      paramLabel = "CODE",
      description = "Denials of this code, and summaries that count such.")
  @Nullable String code;

  @Option(
      names = "--pcr-digest",
      paramLabel = "DIGEST",
      description =
          "Starts whose quote has this PCR digest; allows, where --open has the artifact.")
  @Nullable String pcrDigest;

  @Option(
      names = "--subject",
      paramLabel = "SPIFFE-ID",
      description = "Allows for this workload, where --open opens the commitment.")
  @Nullable String subject;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = "Enrolment, invitation and allows of this host, where --open opens them.")
  @Nullable String host;

  @Option(names = "--since", paramLabel = "TIME", description = "Not before this time.")
  @Nullable Instant since;

  @Option(names = "--before", paramLabel = "TIME", description = "Before this time.")
  @Nullable Instant before;

  SearchFilter filter() throws CommandFailure {
    return new SearchFilter(
        given("--kind", kind, FilterOptions::kind),
        given("--jti", jti, UuidV7::parse),
        given("--policy", policy, Hash::fromHex),
        given("--code", code, FilterOptions::code),
        given("--pcr-digest", pcrDigest, Hash::fromHex),
        Optional.ofNullable(subject),
        Optional.ofNullable(host),
        Optional.ofNullable(since),
        Optional.ofNullable(before));
  }

  private static <T> Optional<T> given(
      String option, @Nullable String text, Function<String, T> parse) throws CommandFailure {
    try {
      return Optional.ofNullable(text).map(parse);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(option + ": " + e.getMessage());
    }
  }

  private static LeafKind kind(String text) {
    return Arrays.stream(LeafKind.values())
        .filter(kind -> kind.wire().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("must be a leaf's kind, was " + text));
  }

  private static DenialCode code(String text) {
    return DenialCode.ofWire(text)
        .orElseThrow(() -> new IllegalArgumentException("must be a denial code, was " + text));
  }
}
