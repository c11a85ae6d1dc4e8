// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The names of a role's keys. */
@Tag("shares-jvm")
class KeySpecTest {
  private static final KeySpec FIRST = new KeySpec(KeyRole.ISSUER, "writ-issuer", "01");

  @ParameterizedTest
  @CsvSource({
    "1, writ-issuer, 01",
    "2, writ-issuer-2, 010002",
    "17, writ-issuer-17, 010011",
    "9999, writ-issuer-9999, 01270f"
  })
  void names_ofAGeneration_followFromTheInventorys(int generation, String label, String id) {
    KeySpec spec = FIRST.ofGeneration(5).ofGeneration(generation);
    assertThat(spec.generation()).isEqualTo(generation);
    assertThat(spec.label()).isEqualTo(label);
    assertThat(spec.idHex()).isEqualTo(id);
    assertThat(spec.role()).isEqualTo(KeyRole.ISSUER);
    assertThat(spec).hasToString("issuer (label " + label + ", id " + id + ")");
    assertThat(FIRST.ofGeneration(3).labelled(label)).contains(spec);
  }

  @Test
  void ofGeneration_one_isTheInventorysKey() {
    assertThat(FIRST.ofGeneration(2).ofGeneration(1)).isEqualTo(FIRST);
    assertThat(FIRST.ofGeneration(2)).isNotEqualTo(FIRST);
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 10_000})
  void ofGeneration_outOfRange_isRefused(int generation) {
    assertThatThrownBy(() -> FIRST.ofGeneration(generation))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 1 to 9999, was " + generation);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "writ-issue",
        "writ-issuer-",
        "writ-issuer-0",
        "writ-issuer-1",
        "writ-issuer-02",
        "writ-issuer-10000",
        "writ-issuer-2 ",
        "writ-issuer-2-2",
        "writ-issuer2",
        "writ-issuer-\u0662",
        "other-writ-issuer-2"
      })
  void labelled_anotherName_isNoKeyOfTheRole(String label) {
    assertThat(FIRST.labelled(label)).isEmpty();
  }
}
