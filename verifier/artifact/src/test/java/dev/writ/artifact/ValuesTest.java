// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values that the formats are made of. */
class ValuesTest {
  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void labelledHash_isSha256OfLabelZeroAndParts() {
    assertThat(LabelledHash.of("writ-test-v1", hash("a"), hash("b")))
        .isEqualTo(
            Hash.sha256(
                ascii("writ-test-v1"), new byte[] {0}, hash("a").bytes(), hash("b").bytes()));
  }

  @Test
  void labelledHash_labelWithZeroOrBlank_isRefused() {
    for (String label : List.of("", "a b", "a\0b", "ä")) {
      assertThatThrownBy(() -> LabelledHash.of(label, hash("a")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void evidenceBinding_bindsNonceRequestAndKeyUnderItsLabels() {
    assertThat(EvidenceBinding.qualifyingData(hash("n"), hash("r"), hash("k")))
        .isEqualTo(
            Hash.sha256(
                ascii("writ-evidence-v1\0"),
                hash("n").bytes(),
                hash("r").bytes(),
                hash("k").bytes()));
    assertThat(EvidenceBinding.keyCertification(hash("k")))
        .isEqualTo(Hash.sha256(ascii("writ-key-v1\0"), hash("k").bytes()));
  }

  @Test
  void commitment_opensWithItsSaltAndValueAlone() {
    byte[] salt = Commitment.newSalt(new SecureRandom());
    Commitment commitment = Commitment.of(salt, ascii("alice"));

    assertThat(commitment.digest())
        .isEqualTo(Hash.sha256(ascii("writ-commitment-v1\0"), salt, hash("alice").bytes()));
    assertThat(commitment.opensWith(salt, ascii("alice"))).isTrue();
    assertThat(commitment.opensWith(salt, ascii("bob"))).isFalse();
    assertThat(commitment.opensWith(new byte[32], ascii("alice"))).isFalse();
    assertThat(commitment.opensWith(new byte[31], ascii("alice"))).isFalse();
    assertThatThrownBy(() -> Commitment.of(new byte[33], ascii("alice")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** RFC 9562 appendix A.6. */
  @Test
  void uuidV7_exampleOfTheRfc_hasItsTime() {
    UuidV7 uuid = UuidV7.parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");

    assertThat(uuid.time()).isEqualTo(Instant.ofEpochMilli(0x017F22E279B0L));
    assertThat(uuid).hasToString("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  }

  @Test
  void uuidV7_next_hasVersionVariantTimeAndOrder() {
    Instant time = Instant.parse("2026-11-02T08:00:00.123Z");
    SecureRandom random = new SecureRandom();
    UuidV7 first = UuidV7.next(InstantSource.fixed(time), random);
    UuidV7 second = UuidV7.next(InstantSource.fixed(time.plusMillis(1)), random);

    assertThat(first.time()).isEqualTo(time);
    assertThat(first.value().version()).isEqualTo(7);
    assertThat(first.value().variant()).isEqualTo(2);
    assertThat(first).isLessThan(second);
    assertThat(UuidV7.next(InstantSource.fixed(time), random)).isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e279b07cc398c4dc0c0c07398f",
        "17f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "0-0-7000-8000-0000000000000000000000",
      })
  void uuidV7_anotherSpellingOrVersion_isRefused(String text) {
    assertThatThrownBy(() -> UuidV7.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void base64Url_everyLength_roundTripsAndHasOneSpelling() {
    Random random = new Random(4648);
    for (int length = 0; length < 70; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      String text = Base64Url.encode(bytes);

      assertThat(Base64Url.decode(text)).isEqualTo(bytes);
      int spellings = 0;
      if (length % 3 != 0) {
        for (char c :
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray()) {
          String other = text.substring(0, text.length() - 1) + c;
          boolean same = Arrays.equals(Base64.getUrlDecoder().decode(other), bytes);
          spellings += same && Base64Url.decode(other) != null ? 1 : 0;
        }
        assertThat(spellings).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A", "AA=", "AA==", "AAA=", "====", "A===", "AAAA=", "AAA+", "AAA/", "AA A", "AA\n", "ÄÄÄÄ"
      })
  void base64Url_notThat_isNull(String text) {
    assertThat(Base64Url.decode(text)).isNull();
  }

  @Test
  void akName_ofEachNameAlgorithm_hasItsLength() {
    assertThat(AkName.of(HexFormat.of().parseHex("000b" + "11".repeat(32))).bytes()).hasSize(34);
    assertThat(AkName.of(HexFormat.of().parseHex("000c" + "11".repeat(48))).bytes()).hasSize(50);
    assertThat(AkName.of(HexFormat.of().parseHex("000d" + "11".repeat(64))).bytes()).hasSize(66);
  }

  @Test
  void case24_akName_sha1OrAnotherLength_isRefused() {
    for (String name :
        List.of(
            "",
            "00",
            "000b",
            "0004" + "11".repeat(20),
            "000b" + "11".repeat(31),
            "000b" + "11".repeat(48),
            "000c" + "11".repeat(32))) {
      assertThatThrownBy(() -> AkName.of(HexFormat.of().parseHex(name)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "spiffe://",
        "spiffe://example.org",
        "spiffe://example.org/",
        "spiffe:///payroll",
        "spiffe://Example.org/payroll",
        "spiffe://example.org:443/payroll",
        "spiffe://example.org/a//b",
        "spiffe://example.org/a/",
        "spiffe://example.org/./b",
        "spiffe://example.org/a/..",
        "spiffe://example.org/a?b",
        "spiffe://example.org/a%20b",
        "https://example.org/payroll",
      })
  void spiffeId_anotherForm_isRefused(String text) {
    assertThatThrownBy(() -> SpiffeId.require("sub", text))
        .isInstanceOf(InvalidValueException.class);
  }

  @Test
  void spiffeId_ofTheStandardsForm_isAccepted() {
    SpiffeId.require("sub", "spiffe://staging.example-1.com/payments/mysql_v2.1/...");
  }

  @Test
  void denialCode_wire_isStable() {
    assertThat(Arrays.stream(DenialCode.values()).map(DenialCode::wire))
        .containsExactly(
            "artifact_missing",
            "unverifiable",
            "signature_invalid",
            "revoked",
            "scope_exceeded",
            "environment_untrusted",
            "not_yet_valid",
            "expired",
            "lineage_fragmented",
            "governance_discontinuity",
            "policy_mismatch",
            "environment_mismatch",
            "runtime_condition",
            "authorization_discontinuity",
            "replayed",
            "runtime_integrity",
            "policy_denied");
    assertThat(DenialCode.ofWire("replayed")).contains(DenialCode.REPLAYED);
    assertThat(DenialCode.ofWire("REPLAYED")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 2147483647})
  void statusReference_uriOfAList_isOneOfTheIssuers(int list) {
    String uri = StatusReference.listUri("https://writ.example/status", list);

    assertThat(uri).isEqualTo("https://writ.example/status/" + list);
    assertThat(StatusReference.isListUri("https://writ.example/status", uri)).isTrue();
    assertThat(StatusReference.isListUri("https://writ.example/statu", uri)).isFalse();
    assertThat(StatusReference.isListUri("https://writ.example", uri)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "0",
        "/00",
        "/01",
        "/-1",
        "/+1",
        "/0/",
        "/1/2",
        "/1x",
        "/2147483648",
        "/99999999999",
        "/0?a",
        "/ 1",
        "/:"
      })
  void statusReference_uriOfNoList_isNone(String tail) {
    assertThat(
            StatusReference.isListUri(
                "https://writ.example/status", "https://writ.example/status" + tail))
        .isFalse();
  }

  @Test
  void statusReference_listOfNegativeNumber_isRefused() {
    assertThatThrownBy(() -> StatusReference.listUri("https://writ.example/status", -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
