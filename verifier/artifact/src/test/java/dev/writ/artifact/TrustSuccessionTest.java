// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.ALICE;
import static dev.writ.artifact.Operations.BOB;
import static dev.writ.artifact.Operations.CAROL;
import static dev.writ.artifact.Operations.SUCCESSOR;
import static dev.writ.artifact.Operations.first;
import static dev.writ.artifact.Operations.next;
import static dev.writ.artifact.Operations.second;
import static dev.writ.artifact.Operations.signed;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.artifact.TrustSuccession.Followed;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** From what is believed to the newest, each version by the operators of the one before. */
class TrustSuccessionTest {
  /** It announces the issuer's next key. */
  private static final TrustFile SECOND = signed(second(), BOB, CAROL);

  /** That key signs. */
  private static final TrustFile THIRD =
      signed(
          next(
              SECOND,
              TestWorld.issuerKey(TestKey.ISSUER, KeyState.RETIRING),
              TestWorld.issuerKey(SUCCESSOR, KeyState.ACTIVE)),
          ALICE,
          BOB);

  private final Map<Long, byte[]> published = new HashMap<>();

  private void publish(long version, TrustFile file) {
    published.put(version, file.toJson());
  }

  private Optional<byte[]> published(long version) {
    return Optional.ofNullable(published.get(version));
  }

  private Followed follow(TrustFile start) throws IOException {
    return TrustSuccession.follow(start, this::published);
  }

  private void assertFollowed(TrustFile newest, Followed followed) {
    assertThat(followed.refused()).isEmpty();
    assertThat(followed.newest().digest()).isEqualTo(newest.digest());
    assertThat(followed.newest().mayBeBelieved()).isTrue();
  }

  private void assertStaysAtFirst(String why) throws IOException {
    Followed followed = follow(first());

    assertThat(followed.newest().digest()).isEqualTo(first().digest());
    assertThat(followed.refused()).hasValueSatisfying(said -> assertThat(said).startsWith(why));
  }

  @Test
  void follow_nothingPublished_staysAtTheStart() throws Exception {
    assertFollowed(first(), follow(first()));
  }

  @Test
  void follow_threeVersions_endsAtTheLast() throws Exception {
    publish(2, SECOND);
    publish(3, THIRD);

    assertFollowed(THIRD, follow(first()));
    assertThat(follow(first()).newest().content().keysOf(KeyRole.ISSUER))
        .extracting(TrustedKey::state)
        .containsExactly(KeyState.RETIRING, KeyState.ACTIVE);
  }

  @Test
  void follow_signedByTooFew_staysAtTheOneBefore() throws Exception {
    publish(2, SECOND);
    publish(3, signed(THIRD.content(), ALICE));

    Followed followed = follow(first());

    assertThat(followed.newest().digest()).isEqualTo(SECOND.digest());
    assertThat(followed.refused())
        .hasValue("version 3: operators that signed must be 2 or more, was 1");
  }

  /** What a thief of the old issuer's key can make: everything but operators' signatures. */
  @Test
  void follow_signedByTheOldIssuersKeyAlone_introducesNothing() throws Exception {
    TestKey thiefs = TestKey.random();
    TrustContent stolen =
        next(
            first(),
            TestWorld.issuerKey(TestKey.ISSUER, KeyState.RETIRED),
            TestWorld.issuerKey(thiefs, KeyState.ACTIVE));
    String why = "version 2: operators that signed must be 2 or more, was ";

    publish(2, signed(stolen, TestKey.ISSUER));
    assertStaysAtFirst(why + "0");
    publish(2, signed(stolen, TestKey.ISSUER, thiefs, TestKey.STATUS));
    assertStaysAtFirst(why + "0");
    publish(2, signed(stolen, TestKey.ISSUER, ALICE));
    assertStaysAtFirst(why + "1");
  }

  /** A forked history of trust files, each signed by enough. */
  @Test
  void follow_withAnotherPrevious_staysAtTheOneBefore() throws Exception {
    publish(2, signed(TrustContents.successor(second(), 2, hash("fork")), BOB, CAROL));

    assertStaysAtFirst("version 2: previous must be " + first().digest().hex());
  }

  @Test
  void follow_skippingAVersion_staysAtTheOneBefore() throws Exception {
    publish(2, signed(TrustContents.successor(second(), 3, first().digest()), BOB, CAROL));
    assertStaysAtFirst("version 2: version must be 2, was 3");

    published.clear();
    publish(3, THIRD);
    assertFollowed(first(), follow(first()));
  }

  @Test
  void follow_malformed_staysAtTheOneBefore() throws Exception {
    for (byte[] bytes :
        List.of(
            new byte[0],
            "{}".getBytes(StandardCharsets.UTF_8),
            Replace.once(SECOND.toJson(), "\"v\":1,", "\"v\":1,\"x\":1,"),
            new byte[TrustFile.MAX_BYTES + 1])) {
      published.put(2L, bytes);

      assertStaysAtFirst("version 2: trust file");
    }
  }

  @Test
  void follow_whatIsPublishedCannotBeRead_throws() {
    IOException broken = new IOException("no route");

    assertThatThrownBy(
            () ->
                TrustSuccession.follow(
                    first(),
                    version -> {
                      throw broken;
                    }))
        .isSameAs(broken);
  }

  /** Who publishes without end is followed so far, and from there at the next time. */
  @Test
  void follow_moreThanItMayAtOnce_endsThereAndGoesOnLater() throws Exception {
    publish(2, SECOND);
    publish(3, THIRD);

    Followed followed = TrustSuccession.follow(first(), this::published, 1);

    assertFollowed(SECOND, followed);
    assertFollowed(THIRD, TrustSuccession.follow(followed.newest(), this::published, 1));
    assertFollowed(THIRD, TrustSuccession.follow(first(), this::published, 2));
  }

  /** A start that is only read has nobody to speak for it. */
  @Test
  void follow_fromAVersionThatMayNotBeBelieved_followsNothing() throws Exception {
    publish(3, THIRD);
    TrustFile onlyRead = TrustFile.parse(SECOND.toJson());

    Followed followed = follow(onlyRead);

    assertThat(followed.newest()).isSameAs(onlyRead);
    assertThat(followed.newest().mayBeBelieved()).isFalse();
    assertThat(followed.refused()).isPresent();
  }
}
