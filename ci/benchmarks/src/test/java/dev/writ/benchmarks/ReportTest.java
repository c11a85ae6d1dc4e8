// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ReportTest {
  @Test
  void line_besideAnother_hasTheRatioToIt() {
    Report report = new Report();
    report.add("sign", 800.04, "signatures/s", "beside/loop");
    report.add("beside/loop", 1000, "signatures/s");

    assertThat(printed(report))
        .containsExactly(
            "{\"name\":\"sign\",\"figure\":800.0,\"unit\":\"signatures/s\","
                + "\"ratio\":0.800,\"beside\":\"beside/loop\"}",
            "{\"name\":\"beside/loop\",\"figure\":1000.0,\"unit\":\"signatures/s\"}");
  }

  @Test
  void line_besideNone_isRefused() {
    Report report = new Report();
    report.add("sign", 800, "signatures/s", "beside/loop");

    assertThatThrownBy(() -> printed(report)).hasMessageContaining("beside/loop");
  }

  @Test
  void line_underATakenName_isRefused() {
    Report report = new Report();
    report.add("sign", 800, "signatures/s");

    assertThatThrownBy(() -> report.add("sign", 900, "signatures/s")).hasMessageContaining("sign");
  }

  private static String[] printed(Report report) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    report.print(new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).split("\\R");
  }
}
