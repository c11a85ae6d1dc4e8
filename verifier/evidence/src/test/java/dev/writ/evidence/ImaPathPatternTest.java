// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@link ImaPathPattern}: which paths are excluded. */
class ImaPathPatternTest {
  @ParameterizedTest
  @CsvSource({
    "/a*b, /ab, true", // a star may stand for nothing
    "/a*b, /aab, true",
    "/a*b, /a, false",
    "/*b, /a, false",
    "/a*b*c, /a.b.b.c, true",
    "/a*c, /a/c, false",
    "/run/, /run, false",
    "/run/, /run/a, true",
    "/run/*/, /run/user/x, true",
    "/run/*/, /run/user, false"
  })
  void path_isMatchedToItsEnd(String pattern, String path, boolean matches) {
    byte[] bytes = SoftwareIma.ascii(path);

    assertThat(ImaPathPattern.matches(pattern(pattern), bytes, 0, bytes.length)).isEqualTo(matches);
  }

  @Test
  void whatStandsBehindThePath_isNotLookedAt() {
    byte[] bytes = SoftwareIma.ascii("x/run/y");

    assertThat(ImaPathPattern.matches(pattern("/run/"), bytes, 1, 5)).isFalse();
    assertThat(ImaPathPattern.matches(pattern("/run/"), bytes, 1, 6)).isTrue();
    assertThat(ImaPathPattern.matches(pattern("/run"), bytes, 1, 6)).isFalse();
  }

  private static byte[] pattern(String text) {
    return new ImaPathPattern(text).bytes();
  }
}
