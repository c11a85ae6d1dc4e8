// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens that say of themselves that they are software. */
@Tag("shares-jvm")
class TokenDescriptionTest {
  @ParameterizedTest
  @CsvSource({
    "SoftHSM project, SoftHSM v2, true",
    "IBM, SW   TPM, true",
    "MSFT, xCG fTPM, true",
    "IBM, 4769, false",
    "STMicro, SW   TPM, false",
    "SafeNet, LunaSA 7.0, false",
  })
  void description_ofSoftware_isKnownByMakerAndModel(String maker, String model, boolean software) {
    assertThat(new TokenDescription("writ", maker, model, "0").isSoftware()).isEqualTo(software);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          'SW   TPM~~~~~~~~' | SW   TPM
          'SW   TPM   ~~   ' | SW   TPM
          'a~b    '          | a~b
          '                ' | ''
          """)
  void text_paddedWithBlanksOrNuls_isWithoutThem(String field, String text) {
    assertThat(Cryptoki.text(field.replace('~', '\0').toCharArray()))
        .isEqualTo(text.replace('~', '\0'));
  }
}
