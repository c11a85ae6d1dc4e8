// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Leaf;
import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import java.util.Locale;
import java.util.regex.Pattern;

/** A leaf as operators name it: by its index, its id, or its artifact's jti. */
final class LeafArgument {
  private static final Pattern INDEX = Pattern.compile("0|[1-9][0-9]{0,14}");

  private LeafArgument() {}

  /** What one is, for who wrote something else. */
  static final String FORM =
      "a leaf's index, such as 17, or a whole id or jti, such as 01a1fd02-e0d5-7ce6-ad7a-8fc0be151149";

  /** Whether it is one. */
  static boolean isOne(String text) {
    if (INDEX.matcher(text).matches()) {
      return true;
    }
    try {
      return UuidV7.parse(lower(text)).toString().equals(lower(text));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** As the service reads it. RFC 9562, 4: a UUID is read in either case. */
  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /** Whether it names this leaf at this place. */
  static boolean names(String text, long index, Leaf leaf) {
    if (INDEX.matcher(text).matches()) {
      return Long.parseLong(text) == index;
    }
    UuidV7 id = UuidV7.parse(lower(text));
    return leaf.id().equals(id)
        || (leaf.body() instanceof LeafBody.DecisionAllow allow && allow.jti().equals(id));
  }
}
