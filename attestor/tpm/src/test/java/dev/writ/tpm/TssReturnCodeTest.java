// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Library;
import com.sun.jna.Native;
import dev.writ.tpm.TpmException.Layer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Return codes: TCG TSS 2.0 Overview section 3 and TPM 2.0 Library Part 2, section 6.6. */
final class TssReturnCodeTest {
  /** libtss2-rc, which says the same in its own words. */
  interface Rc extends Library {
    String Tss2_RC_Decode(int code);
  }

  @ParameterizedTest
  @CsvSource({
    "0x00921, TPM, TPM_RC_LOCKOUT, ''",
    "0x0018b, TPM, TPM_RC_HANDLE, handle 1",
    "0x001df, TPM, TPM_RC_INTEGRITY, parameter 1",
    "0x009a2, TPM, TPM_RC_BAD_AUTH, session 1",
    "0x00a8e, TPM, TPM_RC_AUTH_FAIL, session 2",
    "0x00fd5, TPM, TPM_RC_SIZE, parameter 15",
    "0x0012f, TPM, TPM_RC_AUTH_UNAVAILABLE, ''",
    "0x0001e, TPM, TPM_RC_BAD_TAG, ''",
    "0x00100, TPM, TPM_RC_INITIALIZE, ''",
    "0x00902, TPM, TPM_RC_OBJECT_MEMORY, ''",
    "0x00910, TPM, TPM_RC_REFERENCE_H0, handle 1",
    "0x0091e, TPM, TPM_RC_REFERENCE_S6, session 7",
    "0x00500, TPM, TPM_RC_VENDOR, ''",
    "0xc0902, TPM, TPM_RC_OBJECT_MEMORY, ''",
    "0xb0017, RESOURCE_MANAGER, TSS2_BASE_RC_MEMORY, ''",
    "0x70018, ESAPI, TSS2_BASE_RC_BAD_TR, ''",
    "0x80007, SAPI, TSS2_BASE_RC_BAD_SEQUENCE, ''",
    "0x90006, MU, TSS2_BASE_RC_INSUFFICIENT_BUFFER, ''",
    "0xa0008, TCTI, TSS2_BASE_RC_NO_CONNECTION, ''",
    "0x60001, FAPI, TSS2_BASE_RC_GENERAL_FAILURE, ''",
    "0x0017f, TPM, TPM_RC, ''",
    "0xa7fff, TCTI, TSS2_BASE_RC, ''",
    "0x50001, UNKNOWN, TSS2_RC, ''",
    "0x7fff0001, UNKNOWN, TSS2_RC, ''",
  })
  void code_isTakenApart(String hex, Layer layer, String name, String subject) {
    TssReturnCode code = TssReturnCode.decode(Integer.decode(hex));

    assertThat(code.layer()).isEqualTo(layer);
    assertThat(code.name()).isEqualTo(name);
    assertThat(code.subject()).isEqualTo(subject);
    assertThat(code.describe()).contains(name).contains(hex.replaceFirst("^0x0*", ""));
  }

  /** libtss2-rc names the argument as "handle(1)". */
  @Test
  void everyTpmCode_hasTheSubjectThatLibtss2RcNames() {
    Rc rc = Native.load("libtss2-rc.so.0", Rc.class);
    Pattern named = Pattern.compile("(handle|session|parameter)\\((\\d+)\\)");
    for (int value = 0x080; value < 0x1000; value++) {
      // Version 3.2.1 reads a parameter's number from three bits, where the specification has four.
      boolean misread = (value & 0x840) == 0x840;
      boolean formatOne = (value & 0x080) != 0;
      Matcher matcher = named.matcher(rc.Tss2_RC_Decode(value));
      if (formatOne && !misread && matcher.find()) {
        assertThat(TssReturnCode.decode(value).subject())
            .describedAs("0x%03x", value)
            .isEqualTo(matcher.group(1) + " " + matcher.group(2));
      }
    }
  }

  /** What libtss2-rc has words for has a name here. */
  @Test
  void everyTpmCodeThatLibtss2RcKnows_isNamed() {
    Rc rc = Native.load("libtss2-rc.so.0", Rc.class);
    for (int value = 1; value < 0x1000; value++) {
      String theirs = rc.Tss2_RC_Decode(value);
      if (theirs.matches(".*(unknown|\\(null\\)|0x[0-9A-Fa-f]+|not currently used|reserved).*")) {
        continue;
      }
      assertThat(TssReturnCode.decode(value).name())
          .describedAs("0x%03x %s", value, theirs)
          .isNotEqualTo("TPM_RC");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x922, 0x908, 0x90a, 0xc0922})
  void retryableCodes_askForRetry(int value) {
    assertThat(TssReturnCode.decode(value).asksForRetry()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0x921, 0x902, 0xa0922, 0x101})
  void otherCodes_doNot(int value) {
    assertThat(TssReturnCode.decode(value).asksForRetry()).isFalse();
  }

  @Test
  void missingLibrary_isOneSentenceThatNamesThePackage() {
    assertThatThrownBy(
            () -> NativeLibraries.bind(Rc.class, "libtss2-absent.so.9", "libtss2-absent9"))
        .isInstanceOf(TpmException.class)
        .hasMessage(
            "libtss2-absent.so.9 must be installed to reach a TPM, was not found: install Debian's"
                + " package libtss2-absent9");
  }

  @Test
  void open_ofASocketThatIsNotThere_saysWhatToCheck() {
    assertThatThrownBy(() -> Tpm.open("swtpm:path=/nonexistent/tpm").close())
        .isInstanceOfSatisfying(
            TpmException.class, e -> assertThat(e.layer()).isEqualTo(Layer.TCTI))
        .hasMessageContaining("swtpm:path=/nonexistent/tpm")
        .hasMessageContaining("libtss2-tcti-swtpm0");
  }

  @Test
  void open_ofAnUnknownTcti_saysWhatToCheck() {
    assertThatThrownBy(() -> Tpm.open("nonsense").close())
        .isInstanceOf(TpmException.class)
        .hasMessageContaining("libtss2-tcti-nonsense0");
  }
}
