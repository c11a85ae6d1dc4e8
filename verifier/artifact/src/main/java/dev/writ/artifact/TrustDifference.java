// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** One thing in which a trust file says another than the one before, its place among them aside. */
public sealed interface TrustDifference {
  /** A key is believed that was not. */
  record KeyAdded(TrustedKey key) implements TrustDifference {}

  /** A key is not named any more, so that nothing that it signed is believed. */
  record KeyRemoved(TrustedKey key) implements TrustDifference {}

  /**
   * A key is believed otherwise.
   *
   * @param before how it was
   * @param after how it will be; of the same thumbprint
   */
  record KeyChanged(TrustedKey before, TrustedKey after) implements TrustDifference {}

  /** Others decide on the versions after it. */
  record OperatorsChanged(KeyQuorum before, KeyQuorum after) implements TrustDifference {}

  /** Others approve policies; absent where nobody need. */
  record ApproversChanged(Optional<KeyQuorum> before, Optional<KeyQuorum> after)
      implements TrustDifference {}

  /**
   * Another member says something else.
   *
   * @param member its name in the trust file
   */
  record MemberChanged(String member, String before, String after) implements TrustDifference {}

  /** All in which {@code after} differs from {@code before}, but {@code version} and {@code previous}. */
  static List<TrustDifference> between(TrustContent before, TrustContent after) {
    List<TrustDifference> all = new ArrayList<>();
    member(all, "issuer", before, after, TrustContent::issuer);
    member(all, "assurance", before, after, content -> content.assurance().wire());
    keys(all, before, after);
    member(all, "log_policy", before, after, TrustContent::logPolicy);
    member(all, "status", before, after, content -> status(content));
    member(all, "skew_s", before, after, content -> content.skew().toSeconds() + "");
    member(all, "tls", before, after, content -> content.tls().toString());
    if (!before.policyApprovers().equals(after.policyApprovers())) {
      all.add(new ApproversChanged(before.policyApprovers(), after.policyApprovers()));
    }
    member(
        all,
        "gateways",
        before,
        after,
        content ->
            content.gateways().stream()
                .map(key -> Base64Url.encode(key.kid().bytes()))
                .toList()
                .toString());
    if (!before.operators().equals(after.operators())) {
      all.add(new OperatorsChanged(before.operators(), after.operators()));
    }
    return List.copyOf(all);
  }

  private static void keys(List<TrustDifference> all, TrustContent before, TrustContent after) {
    for (TrustedKey key : before.keys()) {
      Optional<TrustedKey> then = after.trustedKey(key.key().kid());
      if (then.isEmpty()) {
        all.add(new KeyRemoved(key));
      } else if (!then.get().equals(key)) {
        all.add(new KeyChanged(key, then.get()));
      }
    }
    after.keys().stream()
        .filter(key -> before.trustedKey(key.key().kid()).isEmpty())
        .forEach(key -> all.add(new KeyAdded(key)));
  }

  private static String status(TrustContent content) {
    return content
        .status()
        .map(source -> source.uri() + ", at most " + source.maxAge().toSeconds() + " s old")
        .orElse("absent");
  }

  private static void member(
      List<TrustDifference> all,
      String name,
      TrustContent before,
      TrustContent after,
      Function<TrustContent, String> value) {
    String was = value.apply(before);
    String is = value.apply(after);
    if (!was.equals(is)) {
      all.add(new MemberChanged(name, was, is));
    }
  }
}
