// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits and their compression: draft-ietf-oauth-status-list sections 4.1 and 4.2. */
class StatusListTest {
  private static StatusList take(String lst) throws MalformedJsonException {
    byte[] json = Jcs.canonical(Map.of("bits", 1, "lst", lst));
    return StatusList.take(StrictJson.parse(json, 1 << 20));
  }

  private static byte[] zlib(byte[] bytes) {
    Deflater deflater = new Deflater();
    deflater.setInput(bytes);
    deflater.finish();
    byte[] out = new byte[bytes.length + 1024];
    int length = deflater.deflate(out);
    deflater.end();
    return Arrays.copyOf(out, length);
  }

  private static void assertMalformed(byte[] compressed) {
    assertThatThrownBy(() -> take(Base64Url.encode(compressed)))
        .isInstanceOfSatisfying(
            MalformedJsonException.class, e -> assertThat(e.field()).isEqualTo("lst"));
  }

  /** Section 4.1's example: statuses 1,0,0,1,1,1,0,1,1,1,0,0,0,1,0,1 are the bytes b9 a3. */
  @Test
  void take_exampleOfTheDraft_hasItsStatuses() throws Exception {
    int[] statuses = {1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1};
    StatusList list = take("eNrbuRgAAhcBXQ");

    assertThat(list.size()).isEqualTo(16);
    BitSet revoked = new BitSet();
    for (int idx = 0; idx < statuses.length; idx++) {
      assertThat(list.isRevoked(idx)).as("status[%s]", idx).isEqualTo(statuses[idx] == 1);
      revoked.set(idx, statuses[idx] == 1);
    }
    assertThat(StatusList.of(16, revoked)).isEqualTo(list);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 4096, 131064, 131072})
  void take_ofToMap_isTheSameList(int size) throws Exception {
    BitSet revoked = new BitSet();
    revoked.set(0);
    revoked.set(size - 1);
    StatusList list = StatusList.of(size, revoked);

    StatusList again = take(requireNonNull(list.toMap().get("lst")).toString());

    assertThat(again).isEqualTo(list);
    assertThat(again.size()).isEqualTo(size);
    assertThat(again.isRevoked(0)).isTrue();
    assertThat(again.isRevoked(size - 1)).isTrue();
    assertThat(again.isRevoked(1)).isFalse();
    assertThat(again.covers(size - 1)).isTrue();
    assertThat(again.covers(size)).isFalse();
    assertThat(again.covers(-1)).isFalse();
  }

  @Test
  void isRevoked_entryThatTheListDoesNotHave_isRefused() {
    StatusList list = StatusList.of(16, new BitSet());

    assertThatThrownBy(() -> list.isRevoked(16)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> list.isRevoked(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void of_sizeOrEntryOutOfBounds_isRefused() {
    BitSet ninth = new BitSet();
    ninth.set(8);
    BitSet none = new BitSet();

    assertThatThrownBy(() -> StatusList.of(0, none)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StatusList.of(12, none)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StatusList.of(131080, none))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StatusList.of(8, ninth)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void of_laterChangeOfTheBits_doesNotReachTheList() {
    BitSet revoked = new BitSet();
    StatusList list = StatusList.of(16, revoked);

    revoked.set(3);

    assertThat(list.isRevoked(3)).isFalse();
  }

  @Test
  void take_oneByteTooLong_malformed() throws Exception {
    assertThat(take(Base64Url.encode(zlib(new byte[16 * 1024]))).size()).isEqualTo(131072);
    assertMalformed(zlib(new byte[16 * 1024 + 1]));
  }

  /** A few kilobytes that would become megabytes: what is read is bounded, not what is claimed. */
  @Test
  void take_bomb_malformed() {
    assertMalformed(zlib(new byte[10_000_000]));
  }

  @Test
  void take_empty_malformed() {
    assertMalformed(zlib(new byte[0]));
    assertMalformed(new byte[0]);
  }

  @Test
  void take_cutShortAnywhere_malformed() {
    byte[] whole = zlib("sixteen bytes ok".getBytes(StandardCharsets.US_ASCII));
    for (int length = 0; length < whole.length; length++) {
      assertMalformed(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void take_bytesAfterTheStream_malformed() {
    byte[] whole = zlib(new byte[] {1, 2, 3});
    for (int more = 1; more < 4; more++) {
      assertMalformed(Arrays.copyOf(whole, whole.length + more));
    }
    byte[] full = zlib(new byte[16 * 1024]);
    assertMalformed(Arrays.copyOf(full, full.length + 1));
  }

  @Test
  void take_anotherCheckSum_malformed() {
    byte[] whole = zlib(new byte[] {1, 2, 3});
    whole[whole.length - 1] ^= 1;
    assertMalformed(whole);
    byte[] full = zlib(new byte[16 * 1024]);
    full[full.length - 1] ^= 1;
    assertMalformed(full);
  }

  /** RFC 1950 lets a stream name a dictionary that both sides have; here nobody has one. */
  @Test
  void take_streamThatNeedsADictionary_malformed() {
    Deflater deflater = new Deflater();
    deflater.setDictionary(new byte[] {1, 2, 3, 4});
    deflater.setInput(new byte[] {1, 2, 3, 4});
    deflater.finish();
    byte[] out = new byte[64];
    int length = deflater.deflate(out);
    deflater.end();

    assertMalformed(Arrays.copyOf(out, length));
  }

  @ParameterizedTest
  @ValueSource(strings = {"eNrbuRgAAhcBXQ==", "eNrbuRgAAhcBXR", "%", "eNrbuRgAAhcBX"})
  void take_notTheOneBase64Url_malformed(String lst) {
    assertThatThrownBy(() -> take(lst)).isInstanceOf(MalformedJsonException.class);
  }
}
