// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.MADE;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What operators approve: one meaning, one spelling, one name. */
class OperationTest {
  static Stream<Operation> all() {
    return Operations.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void parse_ofDocument_isTheSameOperation(Operation operation) throws Exception {
    assertThat(Operation.parse(operation.document())).isEqualTo(operation);
    assertThat(operation.document())
        .isEqualTo(new JsonCanonicalizer(operation.document()).getEncodedUTF8());
  }

  @Test
  void signingInput_isLabelAndDocument_andItsDigestTheName() {
    Operation operation = Operations.rotation();
    byte[] document = operation.document();
    byte[] label = "writ-operation-v1\0".getBytes(StandardCharsets.US_ASCII);

    assertThat(operation.signingInput()).startsWith(label).endsWith(document);
    assertThat(operation.signingInput()).hasSize(label.length + document.length);
    assertThat(operation.digest()).isEqualTo(Hash.sha256(label, document));
  }

  @Test
  void digest_ofAnyTwoOperations_differs() {
    assertThat(all().map(Operation::digest)).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "key.rotate;\"v\":1};\"v\":2};v",
        "key.rotate;\"v\":1};\"v\":1,\"x\":0};x",
        "key.rotate;\"issuer\":\"https://writ.example\";\"issuer\":\"\";issuer",
        "key.rotate;\"issuer\":\"https://writ.example\";\"issuer\":7;issuer",
        "key.rotate;\"trust_version\":1;\"trust_version\":0;trust_version",
        "key.rotate;\"trust_version\":1;\"trust_version\":1.5;trust_version",
        "key.rotate;\"nonce\":\";\"nonce\":\"0;nonce",
        "key.rotate;\"nonce\":;\"once\":;nonce",
        "key.rotate;\"proposed\":1793606400;\"proposed\":-1;proposed",
        "key.rotate;\"proposed\":1793606400;\"proposed\":1793692800;expires",
        "key.rotate;\"expires\":1793692800;\"expires\":1793606400;expires",
        "key.rotate;\"expires\":1793692800;\"expires\":1796198401;expires",
        "key.rotate;\"proposer\":\";\"proposer\":\"A;proposer",
        "key.rotate;\"proposer\":\";\"proposer\":null,\"x\":\";proposer",
        "key.rotate;\"change\":{;\"change\":[{}],\"x\":{;change",
        "key.rotate;\"kind\":\"key.rotate\";\"kind\":\"key.sell\";change.kind",
        "key.rotate;\"kind\":\"key.rotate\";\"kind\":\"key.destroy\";change.kid",
        "key.rotate;\"role\":\"issuer\";\"role\":\"log\";change.role",
        "key.rotate;\"role\":\"issuer\";\"role\":\"root\";change.role",
        "key.rotate;\"from\":\";\"from\":\"A;change.from",
        "key.rotate;\"to\":\";\"to\":\"A;change.to",
        "key.rotate;\"activates\":1793610060;\"activates\":\"now\";change.activates",
        "key.rotate;\"trust\":\";\"trust\":\"0;change.trust",
        "key.rotate;\"trust\":\";\"trust_file\":\";change.trust",
        "key.rotate;\"kind\":\"key.rotate\";\"kid\":\"x\",\"kind\":\"key.rotate\";change.kid",
        "key.compromise;\"role\":\"issuer\";\"role\":\"log\";change.role",
        "key.compromise;\"role\":\"issuer\";\"role\":\"status\";change.from_index",
        "key.compromise;\"kid\":\";\"kid\":\"A;change.kid",
        "key.compromise;\"from_index\":6;\"from_index\":-1;change.from_index",
        "key.compromise;\"from_index\":6;\"from_index\":9007199254740992;change.from_index",
        "key.compromise;\"replacement\":\";\"replacement\":\"A;change.replacement",
        "key.compromise;\"trust\":\";\"trust\":\"0;change.trust",
        "key.destroy;\"kid\":\";\"kid\":\"A;change.kid",
        "key.destroy;\"kid\":\";\"trust\":\"00\",\"kid\":\";change.trust",
        "trust.publish;\"trust\":\";\"trust\":\"0;change.trust",
        "clock.accept;\"newest\":;\"newer\":;change.newest",
        "clock.accept;\"newest\":;\"newest\":-;change.newest",
        "clock.accept;\"newest\":;\"trust\":\"00\",\"newest\":;change.trust",
        "clock.accept;\"expires\":1793692800;\"expires\":1793692801;expires",
        "policy.unfreeze;\"freeze\":;\"frozen\":;change.freeze",
        "policy.unfreeze;\"freeze\":9;\"freeze\":-1;change.freeze",
        "trust.publish;\"trust\":\";\"role\":\"issuer\",\"trust\":\";change.role",
      })
  void parse_oneMemberWrong_malformedNamingIt(String kind, String from, String to, String field) {
    Operation operation =
        all().filter(one -> one.change().kind().wire().equals(kind)).findFirst().orElseThrow();
    byte[] json = Replace.once(operation.document(), from, to);

    assertThatThrownBy(() -> Operation.parse(json))
        .isInstanceOfSatisfying(
            MalformedOperationException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"v\":1};\"v\": 1}",
        "\"v\":1};\"v\":1}\\n",
        "\"issuer\":;\"issu\\u0065r\":",
        "\"key.rotate\";\"key\\u002erotate\"",
      })
  void parse_anotherSpelling_malformed(String from, String to) {
    byte[] json = Replace.once(Operations.rotation().document(), from, to.replace("\\n", "\n"));

    assertThatThrownBy(() -> Operation.parse(json))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("canonical JSON");
  }

  @Test
  void parse_membersInAnotherOrderOrTwice_malformed() {
    String json = new String(Operations.rotation().document(), StandardCharsets.UTF_8);
    String reordered = "{\"v\":1," + json.substring(1, json.length() - ",\"v\":1}".length()) + "}";
    String twice = Replace.once(json, "\"v\":1}", "\"v\":1,\"v\":1}");

    assertThatThrownBy(() -> Operation.parse(reordered.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("canonical JSON");
    assertThatThrownBy(() -> Operation.parse(twice.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("given once");
  }

  @Test
  void parse_longerThanItMayBe_malformed() {
    byte[] json =
        Replace.once(
            Operations.rotation().document(),
            "https://writ.example",
            "x".repeat(Operation.MAX_BYTES));

    assertThatThrownBy(() -> Operation.parse(json))
        .isInstanceOf(MalformedOperationException.class)
        .hasMessageContaining("at most 4096 bytes");
  }

  /** The longest values that there can be, beside each other. */
  @Test
  void document_ofTheLongestOperation_isRead() throws Exception {
    Operation longest =
        new Operation(
            "x".repeat(256),
            Require.MAX_EXACT,
            hash("nonce"),
            Instant.ofEpochSecond(Require.MAX_EPOCH_SECOND - 1),
            Instant.ofEpochSecond(Require.MAX_EPOCH_SECOND),
            Optional.of(hash("proposer")),
            new Operation.CompromiseKey(
                KeyRole.ISSUER,
                hash("kid"),
                OptionalLong.of(Require.MAX_EXACT),
                Optional.of(hash("replacement")),
                hash("trust")));

    assertThat(Operation.parse(longest.document())).isEqualTo(longest);
  }

  @Test
  void of_finerThanSecondsOrLongerThanThirtyDays_isRefused() {
    for (Instant expires :
        new Instant[] {
          MADE.plusMillis(1500), MADE, MADE.minusSeconds(1), MADE.plus(Duration.ofDays(31))
        }) {
      assertThatThrownBy(
              () ->
                  new Operation(
                      TestWorld.ISSUER,
                      1,
                      hash("nonce"),
                      MADE,
                      expires,
                      Optional.empty(),
                      Operations.rotation().change()))
          .as(expires.toString())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("expires");
    }
  }

  @Test
  void change_ofAKeyToItself_isRefused() {
    Hash kid = TestKey.ISSUER.kid();

    assertThatThrownBy(() -> new Operation.RotateKey(KeyRole.ISSUER, kid, kid, MADE, hash("trust")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of two keys");
    assertThatThrownBy(
            () ->
                new Operation.CompromiseKey(
                    KeyRole.ISSUER, kid, OptionalLong.empty(), Optional.of(kid), hash("trust")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("of two keys");
  }

  @Test
  void isOpen_untilTheVerySecondOfItsEnd() {
    Operation operation = Operations.rotation();

    assertThat(operation.isOpen(operation.expires().minusNanos(1))).isTrue();
    assertThat(operation.isOpen(operation.expires())).isFalse();
  }

  @Test
  void trust_isNamedByEveryKindThatChangesATrustFile() {
    assertThat(all().filter(operation -> operation.change().trust().isEmpty()))
        .extracting(operation -> operation.change().kind())
        .containsExactlyInAnyOrder(
            OperationKind.DESTROY_KEY, OperationKind.ACCEPT_CLOCK, OperationKind.UNFREEZE);
  }
}
