// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** c2sp.org/tlog-tiles, "Log entries". */
class EntryBundleTest {
  @Test
  void encode_isLengthAndBytesOfEachEntry() {
    assertThat(EntryBundle.encode(List.of(new byte[] {7, 8}, new byte[0], new byte[] {9})))
        .containsExactly(0, 2, 7, 8, 0, 0, 0, 1, 9);
  }

  @Test
  void decode_ofEncoded_isTheSame() throws Exception {
    List<byte[]> entries = new ArrayList<>(ReferenceTree.entries(255));
    entries.add(new byte[EntryBundle.MAX_ENTRY_BYTES]);
    byte[] bundle = EntryBundle.encode(entries);
    List<byte[]> decoded = EntryBundle.decode(new EntryBundlePath(0, 256), bundle);
    assertThat(decoded).hasSize(256);
    for (int i = 0; i < 256; i++) {
      assertThat(decoded.get(i)).isEqualTo(entries.get(i));
    }
  }

  @Test
  void decode_cutAnywhere_isRefused() {
    byte[] bundle = EntryBundle.encode(ReferenceTree.entries(3));
    for (int length = 0; length < bundle.length; length++) {
      byte[] cut = Arrays.copyOf(bundle, length);
      assertThatThrownBy(() -> EntryBundle.decode(new EntryBundlePath(0, 3), cut))
          .isInstanceOf(MalformedEntryBundleException.class);
    }
  }

  @Test
  void decode_otherNumberOfEntries_isRefused() {
    byte[] bundle = EntryBundle.encode(List.of(new byte[] {1}, new byte[] {2}));
    assertThatThrownBy(() -> EntryBundle.decode(new EntryBundlePath(0, 1), bundle))
        .isInstanceOf(MalformedEntryBundleException.class)
        .hasMessage(
            "entry bundle: tile/entries/000.p/1 must be at its end after 1 entries, was 3 bytes"
                + " more, at byte 3");
    assertThatThrownBy(() -> EntryBundle.decode(new EntryBundlePath(0, 3), bundle))
        .isInstanceOf(MalformedEntryBundleException.class)
        .hasMessageContaining("must be 3 entries, was 2 entries");
  }

  @Test
  void encode_whatNoBundleCanHold_isRefused() {
    assertThatThrownBy(() -> EntryBundle.encode(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EntryBundle.encode(Collections.nCopies(257, new byte[0])))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> EntryBundle.encode(List.of(new byte[65536])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 65535 bytes, had 65536");
  }
}
