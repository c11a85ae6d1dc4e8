// SPDX-License-Identifier: Apache-2.0
package dev.writ.tlog;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The RFC 6962 reference tree of eight leaves. Its node vector over children of four bytes has no
 * counterpart: a {@link Hash} holds 32.
 */
class Rfc6962VectorsTest {
  @Test
  void leafHash_eachInput_isThatOfTheReference() throws IOException {
    JsonNode tree = Vectors.json("rfc6962/reference_tree.json");
    List<String> expected = texts(tree.get("nodeHashesByLevel").get(0));
    assertThat(leaves(tree).stream().map(Hash::hex)).containsExactlyElementsOf(expected);
    JsonNode single = tree.get("single");
    assertThat(MerkleTree.leafHash(new byte[0]).hex())
        .isEqualTo(single.get("leafHash_of_empty").asText());
    assertThat(MerkleTree.leafHash("L123456".getBytes(StandardCharsets.US_ASCII)).hex())
        .isEqualTo(single.get("leafHash_of_ascii_L123456").asText());
  }

  @Test
  void nodeHash_eachLevel_isThatOfTheReference() throws IOException {
    JsonNode tree = Vectors.json("rfc6962/reference_tree.json");
    List<Hash> level = leaves(tree);
    for (int i = 1; i < tree.get("nodeHashesByLevel").size(); i++) {
      List<Hash> above = new ArrayList<>();
      for (int j = 0; j < level.size(); j += 2) {
        above.add(MerkleTree.nodeHash(level.get(j), level.get(j + 1)));
      }
      assertThat(above.stream().map(Hash::hex))
          .containsExactlyElementsOf(texts(tree.get("nodeHashesByLevel").get(i)));
      level = above;
    }
    assertThat(level).hasSize(1);
  }

  @Test
  void root_eachSize_isThatOfTheReference() throws IOException {
    JsonNode tree = Vectors.json("rfc6962/reference_tree.json");
    List<Hash> leaves = leaves(tree);
    assertThat(MerkleTree.emptyRoot().hex()).isEqualTo(tree.get("emptyRoot").asText());
    List<String> roots = texts(tree.get("rootHashesBySize_1_to_8"));
    assertThat(roots).hasSize(leaves.size());
    for (int size = 1; size <= leaves.size(); size++) {
      assertThat(MerkleTree.root(leaves.subList(0, size)).hex()).isEqualTo(roots.get(size - 1));
    }
  }

  private static List<Hash> leaves(JsonNode tree) {
    return texts(tree.get("leafInputsHex")).stream()
        .map(hex -> MerkleTree.leafHash(HexFormat.of().parseHex(hex)))
        .toList();
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
