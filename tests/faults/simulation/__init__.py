"""Rig 6: laptops, people, a network and a centre, all real but the network, living through anything by one seed."""
