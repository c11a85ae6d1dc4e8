// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ExecRequestTest {
  private static ExecRequest naming(String variable) {
    return new ExecRequest(List.of(new byte[] {'a'}), List.of(variable), List.of(), "t", "w");
  }

  @ParameterizedTest
  @ValueSource(strings = {"A", "_", "a1_", "LC_ALL"})
  void variable_byItsName_isTaken(String name) {
    assertThat(naming(name).variables()).containsExactly(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1A", "A-B", "A B", "A\n", "ä", "A,B"})
  void variable_thatIsNoName_isRefused(String none) {
    assertThatThrownBy(() -> naming(none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name");
  }

  @Test
  void variable_withAValue_isRefusedAndTheValueNotRepeated() {
    assertThatThrownBy(() -> naming("TOKEN=hidden=\nhidden"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("TOKEN=")
        .hasMessageNotContaining("hidden");
  }

  @Test
  void command_thatIsEmpty_isRefused() {
    assertThatThrownBy(() -> new ExecRequest(List.of(), List.of(), List.of(), "t", "w"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
