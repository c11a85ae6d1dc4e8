// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@link ImaOctetSet}: members are found wherever they had to be put. */
class ImaOctetSetTest {
  @Test
  void setOfManyMembers_hasEachAndNoOther() {
    List<byte[]> members = IntStream.range(0, 3000).mapToObj(ImaOctetSetTest::member).toList();
    ImaOctetSet set = new ImaOctetSet(members);

    for (byte[] member : members) {
      byte[] around = SoftwareIma.join(new byte[] {'x'}, member, new byte[] {'y'});
      assertThat(set.contains(around, 1, 1 + member.length)).isTrue();
      assertThat(set.contains(around, 0, 1 + member.length)).isFalse();
      assertThat(set.contains(around, 1, 2 + member.length)).isFalse();
    }
    for (int i = 3000; i < 6000; i++) {
      byte[] other = member(i);
      assertThat(set.contains(other, 0, other.length)).isFalse();
    }
  }

  @Test
  void emptySet_hasNothing() {
    assertThat(new ImaOctetSet(List.of()).contains(new byte[1], 0, 1)).isFalse();
    assertThat(new ImaOctetSet(List.of()).contains(new byte[1], 0, 0)).isFalse();
  }

  private static byte[] member(int number) {
    return TpmAlg.SHA256.newDigest().digest(SoftwareIma.ascii("member " + number));
  }
}
