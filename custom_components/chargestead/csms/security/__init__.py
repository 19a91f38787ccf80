"""Who a charging station is: passwords, certificates, and the authority that signs them."""
