// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How many connections are taken, and from whom. */
final class LoadTest {
  private final Load load =
      new Load(
          new DoorsConfig.Limits(
              1,
              1,
              10,
              3,
              1,
              1,
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              Optional.empty(),
              1));

  private boolean connect(String address) throws UnknownHostException {
    return load.connect(InetAddress.getByName(address));
  }

  @Test
  void address_withItsConnections_getsNoMore_andOthersDo() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(connect("192.0.2.1")).isTrue();
    }
    assertThat(connect("192.0.2.1")).isFalse();
    assertThat(connect("192.0.2.2")).isTrue();
    assertThat(load.connections()).isEqualTo(4);

    load.disconnect(InetAddress.getByName("192.0.2.1"));

    assertThat(connect("192.0.2.1")).isTrue();
    assertThat(connect("192.0.2.1")).isFalse();
  }

  @Test
  void addressesOfOneNetwork_ofIpv6_areOne() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(connect("2001:db8::" + i)).isTrue();
    }
    assertThat(connect("2001:db8::ffff")).isFalse();
    assertThat(connect("2001:db8:0:1::1")).isTrue();
  }

  @Test
  void loopback_andUnixSockets_areBoundedByTheTotalAlone() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(connect("127.0.0.1")).isTrue();
      assertThat(load.connect(null)).isTrue();
    }
    assertThat(connect("127.0.0.1")).isFalse();
    assertThat(load.connections()).isEqualTo(10);
  }

  @Test
  void address_withoutConnections_isForgotten() throws Exception {
    assertThat(connect("192.0.2.1")).isTrue();
    assertThat(connect("2001:db8::1")).isTrue();
    assertThat(load.addresses()).isEqualTo(2);
    load.disconnect(InetAddress.getByName("192.0.2.1"));
    load.disconnect(InetAddress.getByName("2001:db8::2"));
    assertThat(load.addresses()).isZero();
    assertThat(load.connections()).isZero();
  }
}
