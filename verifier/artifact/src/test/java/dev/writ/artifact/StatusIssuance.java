// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Makes one status token as the service would, with a knob for each part. With no knob turned it lets
 * {@link Issuance#withStatus} stand in {@link TestWorld}, ten seconds old.
 */
final class StatusIssuance implements Supplier<String> {
  static final String LIST = StatusReference.listUri(TrustContents.STATUS.uri(), 0);
  static final String OTHER_LIST = StatusReference.listUri(TrustContents.STATUS.uri(), 1);
  static final int IDX = 4711;
  static final StatusReference REFERENCE = new StatusReference(IDX, LIST);

  private String list = LIST;
  private Instant iat = TestWorld.NOW.minusSeconds(10);
  private Duration lifetime = TrustContents.STATUS.maxAge();
  private int size = StatusList.MAX_SIZE;
  private final BitSet revoked = new BitSet();
  private long epoch = 7;
  private long minEpoch = 7;
  private Hash policy = TestWorld.hash("policy");
  private long treeSize = 20;
  private String root = "";
  private long trustVersion = 1;
  private TestKey key = TestKey.STATUS;
  private Hash kid = TestKey.STATUS.kid();
  private UnaryOperator<String> header = UnaryOperator.identity();
  private UnaryOperator<String> payload = UnaryOperator.identity();

  static StatusIssuance valid() {
    return new StatusIssuance();
  }

  @CanIgnoreReturnValue
  StatusIssuance list(String uri) {
    list = uri;
    return this;
  }

  /** Made {@code seconds} after {@link TestWorld#NOW}; negative for before. */
  @CanIgnoreReturnValue
  StatusIssuance at(long seconds) {
    iat = TestWorld.NOW.plusSeconds(seconds);
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance lifetime(Duration value) {
    lifetime = value;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance size(int entries) {
    size = entries;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance revoke(int idx) {
    revoked.set(idx);
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance epochs(long min, long newest) {
    minEpoch = min;
    epoch = newest;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance policy(Hash digest) {
    policy = digest;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance tree(long leaves) {
    treeSize = leaves;
    return this;
  }

  /** Another history than the one of all other tokens. */
  @CanIgnoreReturnValue
  StatusIssuance fork(String name) {
    root = name;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance trustVersion(long version) {
    trustVersion = version;
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance signedBy(TestKey other) {
    key = other;
    kid = other.kid();
    return this;
  }

  @CanIgnoreReturnValue
  StatusIssuance kid(Hash value) {
    kid = value;
    return this;
  }

  /** Text of the header's JSON, before it is signed. */
  @CanIgnoreReturnValue
  StatusIssuance header(String from, String to) {
    header = json -> Replace.once(json, from, to);
    return this;
  }

  /** Text of the claims' JSON, before it is signed. */
  @CanIgnoreReturnValue
  StatusIssuance payload(String from, String to) {
    payload = json -> Replace.once(json, from, to);
    return this;
  }

  StatusClaims claims() {
    return new StatusClaims(
        list,
        iat,
        iat.plus(lifetime),
        Duration.ofSeconds(60),
        StatusList.of(size, revoked),
        new StatusGovernance(
            epoch,
            minEpoch,
            policy,
            treeSize,
            TestWorld.hash("root of " + treeSize + root),
            trustVersion));
  }

  StatusToken token() {
    try {
      return StatusToken.parse(get());
    } catch (MalformedStatusTokenException e) {
      throw new AssertionError(e);
    }
  }

  /** The compact serialization, whether a parser would take it or not. */
  @Override
  public String get() {
    String json = new String(Jcs.canonical(claims().toMap()), StandardCharsets.UTF_8);
    String head =
        "{\"alg\":\"ES256\",\"kid\":\""
            + Base64Url.encode(kid.bytes())
            + "\",\"typ\":\"statuslist+jwt\"}";
    String input = encode(header.apply(head)) + "." + encode(payload.apply(json));
    byte[] signature = key.sign(input.getBytes(StandardCharsets.US_ASCII));
    return input + "." + Base64Url.encode(signature);
  }

  private static String encode(String json) {
    return Base64Url.encode(json.getBytes(StandardCharsets.UTF_8));
  }
}
