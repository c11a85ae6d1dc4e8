// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.UuidV7;
import dev.writ.lineage.Lineage;
import dev.writ.tlog.Hash;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Names one leaf: by its index, by its hash, by an artifact's jti, or by an execution. */
final class LineageSubject {
  private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,17}");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  private LineageSubject() {}

  /** The leaf that {@code text} names in the log. */
  static long find(Lineage lineage, String text) throws CommandFailure {
    if (INDEX.matcher(text).matches()) {
      return Long.parseLong(text);
    }
    if (HASH.matcher(text).matches()) {
      return found(lineage.ofLeaf(Hash.fromHex(text)), text, "a leaf of the log has this hash");
    }
    UuidV7 uuid;
    try {
      uuid = UuidV7.parse(text);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(
          "ID must be a leaf's index or hash, an artifact's jti or an execution, was " + text);
    }
    OptionalLong leaf = lineage.ofArtifact(uuid);
    return found(
        leaf.isPresent() ? leaf : lineage.ofExecution(uuid),
        text,
        "the log allows an artifact of this jti, or --open gives an artifact of this execution");
  }

  private static long found(OptionalLong leaf, String text, String must) throws CommandFailure {
    if (leaf.isEmpty()) {
      throw CommandFailure.invalid(text + ": it must be that " + must + ", and it is not");
    }
    return leaf.getAsLong();
  }
}
