// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a host believes. */
class TrustOptions {
  @Option(
      names = "--trust",
      required = true,
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_TRUST}",
      description = "The trust file: all that is believed (or WRIT_TRUST).")
  Path trust = Path.of("");

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      defaultValue = "${env:WRIT_TRUST_SHA256}",
      description = "The trust file's SHA-256, as it was given out of band (or WRIT_TRUST_SHA256).")
  @Nullable String pin;

  @Option(
      names = "--trust-folder",
      paramLabel = "DIR",
      defaultValue = "${env:WRIT_TRUST_FOLDER}",
      description = {
        "Where later trust files are kept that follow it by its operators' signatures; the last of them is",
        "gone by (or WRIT_TRUST_FOLDER). A command that has a service keeps there what it publishes."
      })
  @Nullable Path folder;

  /**
   * The trust file, and those in the folder that follow it.
   *
   * @param warn is told of what does not follow
   */
  final FollowedTrust followed(Consumer<String> warn) throws CommandFailure {
    return FollowedTrust.from(read(trust, pin), folder, warn);
  }

  /** The trust file that is believed to start with. */
  static TrustFile read(Path trust, @Nullable String pin) throws CommandFailure {
    try {
      byte[] bytes = BoundedFile.read(trust, TrustFile.MAX_BYTES);
      TrustFile file = pin == null ? TrustFile.parse(bytes) : TrustFile.pinned(bytes, pinned(pin));
      // Version 1 is introduced by whoever gives it. That operators signed a later one only the
      // version before could confirm: here it takes the pin.
      if (!file.mayBeBelieved()) {
        throw CommandFailure.configuration(
            "the trust file "
                + trust
                + " must be version 1, or pinned with --trust-sha256, and is version "
                + file.content().version());
      }
      return file;
    } catch (IOException | MalformedTrustFileException e) {
      throw CommandFailure.configuration("the trust file " + trust, e);
    }
  }

  private static Hash pinned(String hex) throws CommandFailure {
    try {
      return Hash.fromHex(hex);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--trust-sha256: " + e.getMessage());
    }
  }
}
